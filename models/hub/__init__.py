"""Weights from elsewhere: what there is, whether it is whole, and how it is fetched.

In: a name. Out: files in checkpoints/, checked.
May import: omni, voice, face, text, transcription and below.
Begin with `catalogue.py`.
"""
