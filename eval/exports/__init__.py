"""Results in the forms that other tools read, and their logs as predictions.

In: a score with its clips, or another tool's log. Out: files in that tool's form, or a csv of predictions.
May import: tables, metrics and below.
Begin with `write.py`, then `imports.py`.
"""
