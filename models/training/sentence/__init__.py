"""The head that reads a sentence as a whole, made from every text corpus at once.

In: labelled texts, the fetched encoder. Out: the head, its held-out figures, its card.
May import: training and below.
Begin with `train.py`, then `fit.py`.
"""
