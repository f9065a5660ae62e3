"""Pitch, level, timbre and timing as numbers.

In: 16 kHz sound. Out: tracks every 10 ms, functionals, events.
May import: records.
Begin with `voice.py`, then `functionals.py`.
"""
