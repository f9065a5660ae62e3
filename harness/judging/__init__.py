"""From measurements to a label: evidence, pooled opinions, and what each modality owes.

In: records of the perceiving stages. Out: evidence, prediction, attribution.
May import: records, faults.
Begin with `evidence.py`, then `fuse.py` and `attribute.py`.
"""
