"""What a text asserts, held against what was measured.

In: a text and a clip's evidence. Out: claims with verdicts and reasons.
May import: stories, tables, metrics and below.
Begin with `find.py`, then `check.py`.
"""
