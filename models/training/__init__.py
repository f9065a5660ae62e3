"""How every head is made: corpora, fitting, held-out figures, cards.

In: labelled data. Out: a head's files with figures.json and CARD.md.
May import: features, hub and below.
Begin with `card.py`, then one of `train_*.py`.
"""
