"""The field's benchmarks, each as published and corrected.

In: predictions and labels as files, with the columns that a benchmark names. Out: figures in two forms, quirk by quirk.
May import: tables, metrics and below.
Begin with `base.py`, then `emorealm.py`, then `reproduce.py`.
"""
