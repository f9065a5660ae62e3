"""Small classifiers over features: their files, their arithmetic, their fitting.

In: arrays. Out: calibrated probabilities, named shares, head.json and head.safetensors.
May import: `models/fingerprint.py`, records.
Begin with `linear.py`, then `files.py`.
"""
