"""The files that a user opens, rebuilt from the records.

In: records. Out: submission, predictions, stories, transcripts, manifest, log, summary.
May import: engine and below.
Begin with `export.py`.
"""
