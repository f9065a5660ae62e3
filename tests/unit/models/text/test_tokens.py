"""Words and features of a text, and how a lexicon's words mark them."""

from __future__ import annotations

import pytest

from models.text.lexicon import Lexicon, is_mark
from models.text.tokens import Segmenter, normalise, tokenise


def test_words_know_their_place() -> None:
    tokens = tokenise("I DON'T like it, but love it", "en", Segmenter({}, 1))
    assert tokens.words == ("i", "dont", "like", "it", ",", "but", "love", "it")
    assert ("n:like", (1, 2)) in tokens.features
    assert "n:love" not in {name for name, _ in tokens.features}
    assert ("b:love|it", (6, 7)) in tokens.features
    chinese = tokenise("我不喜欢你", "zh", Segmenter({"喜欢": 10, "我": 5, "不": 5, "你": 5}, 100))
    assert chinese.words == ("我", "不", "喜欢", "你")
    assert ("n:喜欢", (1, 2)) in chinese.features
    assert ("c:欢你", (2, 3)) in chinese.features


def test_small_segmenter_agrees_with_jieba_on_what_it_learned() -> None:
    jieba = pytest.importorskip("jieba")
    texts = ["我们成功了，太棒了！", "这部电影非常精彩，值得一看。", "他在北京大学开会"]
    learned = Segmenter.learn(texts)
    full = jieba.Tokenizer()
    with full.get_dict_file() as stream:
        full.FREQ, full.total = full.gen_pfdict(stream)
    full.initialized = True
    for text in texts:
        assert learned.cut(normalise(text, "zh")) == list(full.cut(normalise(text, "zh"), HMM=False))


def test_marks_know_negation_and_intensity() -> None:
    lexicon = Lexicon({"good": ("k0", "k1"), "bad": ("k2",)})
    tokens = tokenise("very good, not bad", "en", Segmenter({}, 1), lexicon)
    marks = {feature for feature in tokens.features if is_mark(feature[0])}
    assert marks == {("l:k0", (1,)), ("l:k1", (1,)), ("i:k0", (0, 1)), ("l:-k2", (3, 4))}
    assert Lexicon.from_groups(lexicon.grouped()) == lexicon
    assert lexicon.only({"bad"}).marks == {"bad": ("k2",)}
