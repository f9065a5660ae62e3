"""One verb a file: score, compare, calibration, retention, regression, open vocabulary.

In: aligned predictions and labels. Out: figures with intervals, tables, pictures.
May import: tables, metrics and below.
Begin with `score.py`, then `blocks.py`.
"""
