"""Brief motions of the followed face, found coarsely, looked at closely, and held against optical flow.

In: the face's record, where there was speech, and what decodes a stretch at full rate. Out: `BriefTrack` of candidates.
May import: face and below.
Begin with `tracker.py`, then `motion.py`.
"""
