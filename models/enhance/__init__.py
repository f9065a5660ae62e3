"""The followed face with less noise or less blur, and what that changes in what is measured on it.

In: frames with times, and the face that was followed. Out: `EnhancedFace`, or the same frames with the face enhanced.
May import: face and below.
Begin with `provider.py`, then `measure.py`; docs/enhance.md has the figures.
"""
