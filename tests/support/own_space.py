"""A label space of a user's own, in twelve lines."""

from __future__ import annotations

OWN = """\
name: mood3
labels: [bright, flat, dark]
aliases:
  bright: [cheerful, 明快]
  dark: [gloomy, 阴沉]
mapping:
  joy: bright
  neutral: flat
  sadness: dark
  anger: dark
  fear: dark
  disgust: dark
"""
LINES = len(OWN.splitlines())
