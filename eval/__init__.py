"""Scores, checks and pages: everything that is said of finished predictions.

In: predictions, labels, stories. Out: figures with intervals, verdicts, report.html.
May import: `harness/records`, `harness/faults.py`; `reasoning` also `models/text`.
Begin with `__main__.py`, the table of verbs.
"""
