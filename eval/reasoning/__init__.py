"""Is a chain of thought well formed, faithful, and worth a reward?

In: stories. Out: flaws, consistency, effects of the reasoning, rewards.
May import: claims, scoring and below; `models/text`.
Begin with `chain.py`, then `rewards.py`.
"""
