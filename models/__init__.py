"""Everything that measures, recognises or reasons; chosen by name, imported when chosen.

In: media, words, settings. Out: the results that `base.py` promises.
May import: `harness/records`, `harness/faults.py`.
Begin with `base.py`, then `registry.py`.
"""
