"""Features of a whole data set, extracted once and kept with what made them.

In: a csv of files. Out: arrays, a table of items, features.json.
May import: hub and below, `harness/inputs`.
Begin with `extract.py`, then `table.py`.
"""
