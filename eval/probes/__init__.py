"""Does a model see and hear what was measured?

In: the stories and records of a run. Out: pairs of yes/no questions, one true and one false, made without any label;
and what a model's answers to them are worth.
May import: claims, stories, tables, metrics and below.
Begin with `questions.py`, then `answers.py`.
"""
