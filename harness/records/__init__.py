"""What is known of a clip: the types, the label spaces, and the store that keeps them.

In: results of stages. Out: one atomic JSON file per stage and clip.
May import: `harness/faults.py`.
Begin with `types.py`, then `store.py`.
"""
