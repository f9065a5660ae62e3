"""multilingual-e5-small: its file, its tokeniser, its hidden states.

In: a text. Out: the mean hidden state after each layer.
May import: fingerprint.
Begin with `encoder.py`.
"""
