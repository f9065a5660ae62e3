"""Any head on labelled data of one's own.

In: a head and a labelled file. Out: figures, and the two csv files that `python -m eval` scores.
May import: training and below.
Begin with `files.py`.
"""
