"""The file names and label columns of published data sets.

In: a folder or table of theirs. Out: rows with our IDs and labels.
May import: `harness/inputs`, records.
Begin with `base.py`.
"""
