"""Words with times: written by a person, heard by Whisper, or read in the picture.

In: a clip, its sound and its frames. Out: `Transcript` with language, source, certainty and doubts.
May import: transcription/picture, ground floor of `models`, records.
Begin with `embedded.py`.
"""
