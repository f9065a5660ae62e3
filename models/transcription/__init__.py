"""Words with times: from a person's sidecar, or recognised by Whisper.

In: a clip and its sound. Out: `Transcript` with language, source and doubts.
May import: ground floor of `models`, `harness/inputs`, records.
Begin with `written.py`.
"""
