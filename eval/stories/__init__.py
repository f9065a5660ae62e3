"""A clip's story and the form of its chain of thought.

In: a run's folder. Out: stories, their reasoning, quotes, lengths; faults of records.
May import: tables and below, `harness/inputs`, records.
Begin with `read.py`, then `form.py`.
"""
