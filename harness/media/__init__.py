"""A file becomes sound and pictures, once, by timestamp.

In: a path. Out: `Media` (16 kHz float32 sound, RGB frames with times, what the file holds).
May import: context, lazy, inputs, records, faults.
Begin with `decode.py`.
"""
