"""Shoulders and hands below the followed face, measured against the clip's own baseline and the camera's movement.

In: frames with times, and the face that was followed. Out: `BodyTrack` with movements.
May import: face and below.
Begin with `tracker.py`, then `movements.py`.
"""
