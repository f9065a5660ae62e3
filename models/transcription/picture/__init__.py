"""Subtitles that are burnt into the picture: found, told from other writing, and read.

In: decoded frames. Out: `Sight`s: lines with times, position and one or more readings.
May import: ground floor of `models`, records.
Begin with `reader.py`.
"""
