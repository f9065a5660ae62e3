"""The page on which a run is read.

In: a run's folder. Out: one self-contained HTML file, or the same over loopback.
May import: reasoning, claims, scoring and below.
Begin with `report.py`.
"""
