"""Faces found, followed and measured, and the net that reads their expression.

In: frames with times. Out: `FaceTrack` with movements and an opinion.
May import: heads and below.
Begin with `tracker.py`, then `follow.py`.
"""
