"""The omni model as a reasoner: what it is sent, how it is asked, what its reply is worth.

In: a request with evidence and media. Out: raw replies, P(label), facts of the asking.
May import: `omni/server`, `omni/protocol` and below.
Begin with `reasoner.py`, then `client.py`.
"""
