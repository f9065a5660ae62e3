"""Figures of arousal and intensity on voices whose one feature is their arousal."""

from __future__ import annotations

from collections import Counter

import numpy as np

from models.training.speech_arousal import arousal_figures, arousal_head
from models.training.speech_corpus import Corpus


def voices(name: str, intensities: bool) -> Corpus:
    """Ten speakers with each emotion twice; the first feature rises with arousal and, where it is told, intensity."""
    rng = np.random.default_rng(len(name))
    emotions = np.array(["angry", "happy", "sad", "neutral", "disgust"] * 20)
    strong = np.tile(np.repeat(["1", "2"], 5), 10)
    aroused = np.isin(emotions, ["angry", "happy"])
    told = 3.0 * aroused + 4.0 * intensities * (strong == "2") + rng.normal(0, 0.1, 100)
    polarity = np.select([emotions == "happy", emotions == "neutral"], ["positive", "neutral"], "negative")
    speakers = np.repeat([f"{name}/{k}" for k in range(10)], 10)
    x = np.stack([np.stack([told, rng.normal(size=100)], axis=1)] * 2)
    about = ((), (1.0,) * 100, Counter[str](), emotions, strong if intensities else np.full(100, ""))
    return Corpus(name, x, ("a", "b"), polarity, speakers, *about)


def test_arousal_is_told_across_corpora_and_intensity_where_it_is_labelled() -> None:
    rows = arousal_figures([voices("one", True), voices("second", False)], 1.0)
    assert rows["arousal: second, speakers held out"]["UAR"] > 0.9
    assert rows["arousal: trained on second, tested on one"]["n"] == 80
    assert rows["intensity: one, speakers held out"]["n"] == 80
    assert rows["intensity: one, by the arousal of second"]["UAR"] > 0.9
    assert "intensity: second, speakers held out" not in rows


def test_a_head_of_all_corpora_tells_the_aroused_voice() -> None:
    head = arousal_head([voices("one", False), voices("second", False)], 1.0)
    assert head is not None
    p = head.predict_proba([[3.0, 0.0], [0.0, 0.0]])[:, head.labels.index("high")]
    assert p[0] > 0.9 > 0.1 > p[1]


def test_without_emotions_there_is_nothing_to_tell() -> None:
    plain = voices("one", True)
    bare = Corpus(plain.name, plain.x, plain.names, plain.y, plain.speakers, (), plain.seconds, Counter())
    assert arousal_figures([bare], 1.0) == {}
    assert arousal_head([bare], 1.0) is None
