"""What a voice says, apart from its words: measured prosody, emotion2vec, their heads.

In: 16 kHz sound. Out: `SpeechFeatures` with tracks, events and an opinion.
May import: `voice/prosody`, heads and below.
Begin with `measure.py`.
"""
