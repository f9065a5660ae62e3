"""What a reasoner is asked, how its reply is read, and what it rests on.

In: evidence and a prompt profile. Out: requests, answers, effects of withholding and truncating.
May import: judging and below, `models/base.py`.
Begin with `prompting.py`, then `parse.py`.
"""
