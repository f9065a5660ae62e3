"""How opinions are pooled, learned from labelled runs or from people who judged each modality alone.

In: opinions and labels. Out: the file of `fuse.learned`, with its card.
May import: training and below.
Begin with `train.py`, then `joint.py`.
"""
