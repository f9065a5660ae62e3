"""What comes from outside, each read in one place: kinds of files, IDs, encodings, spoken words, orientation, channels.

In: names, bytes, matrices, samples. Out: what they mean, how that was decided, or a refusal that says what mends it.
May import: records, faults.
Begin with `kinds.py`, then `folder.py` and `encoding.py`.
"""
