"""One driver: a folder of clips in, a submission with its reasons out.

In: clips, sidecars, a profile. Out: records, and the files that are rebuilt from them.
May import: `models/base.py` of the other packages, nothing else.
Begin with `engine/pipeline.py`, then `records/types.py`.
"""
