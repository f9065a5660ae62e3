"""Whisper's first encoder layers in numpy: how a voice sounds, as the recogniser hears it.

In: 16 kHz sound and where speech is. Out: mean hidden states after each layer.
May import: records.
Begin with `encoder.py`.
"""
