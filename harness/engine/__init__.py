"""The stages in their order, run clip by clip in worker processes and threads.

In: clips and a profile's providers. Out: every record of every clip, whatever fails.
May import: reasoning, judging, media and below, `models/base.py`.
Begin with `pipeline.py`, then `runner.py`.
"""
