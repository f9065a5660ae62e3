"""What a text says of sentiment: tokens, bag of words, and the head that reads it.

In: words of one language. Out: five probabilities and every word's share.
May import: heads, transcription (language) and below.
Begin with `head.py`, then `linear.py`.
"""
