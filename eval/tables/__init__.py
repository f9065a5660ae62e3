"""Predictions and labels as files: read with every oddity named, aligned by ID, checked, written.

In: csv and JSON files. Out: aligned columns and a list of problems.
May import: metrics, datasets, `harness/inputs`, records.
Begin with `read.py`, then `align.py`.
"""
