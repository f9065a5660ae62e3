"""The text head: its arithmetic, its files, and what the shipped weights make of plain sentences."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from harness.faults import Absent, ConfigError
from harness.records.types import Language, Segment, TextFeatures, Transcript
from models.heads.linear import softmax
from models.text.e5 import files
from models.text.head import HEAD, TextHeadReader, spec
from models.text.lexicon import Lexicon
from models.text.linear import Extras, TextHead
from models.training.corpora import home_corpora, read_rows

GOOD = [
    "太好了我喜欢",
    "真开心啊",
    "非常喜欢",
    "我很开心",
    "i love it",
    "really great fun",
    "so good",
    "love this fun film",
]
BAD = [
    "太差了我讨厌",
    "真难过啊",
    "非常讨厌",
    "我很难过",
    "i hate it",
    "really bad",
    "so awful",
    "hate this awful film",
]
PLAIN = [
    "今天是星期一",
    "他在北京",
    "去北京开会",
    "星期一开会",
    "the train is at nine",
    "it is on monday",
    "on the train",
]

POSITIVE: dict[Language, list[str]] = {
    "zh": [
        "我太喜欢这里了，真的很开心。",
        "谢谢你，你真好！",
        "今天是我最幸福的一天。",
        "这部电影非常精彩，值得一看。",
        "恭喜恭喜，祝你们幸福！",
        "她笑得很甜，我觉得很温暖。",
        "我们成功了，太棒了！",
        "这个礼物真漂亮，我很喜欢。",
        "你做得很好，我为你骄傲。",
        "能认识你我很高兴。",
    ],
    "en": [
        "I love this movie, it was really great.",
        "Thank you so much, you are wonderful.",
        "This is the best day of my life.",
        "The acting was amazing and the story is beautiful.",
        "I highly recommend it, it's so much fun.",
        "Congratulations, I am very happy for you.",
        "What a lovely, funny and charming film.",
        "I really enjoyed every minute of it.",
        "She is brilliant and I like her a lot.",
        "It was awesome, I was impressed.",
    ],
}
NEGATIVE: dict[Language, list[str]] = {
    "zh": [
        "我讨厌你，你给我滚出去！",
        "这真是太糟糕了。",
        "他死了，我很难过。",
        "你怎么能骗我，太过分了！",
        "我受不了了，我很痛苦。",
        "这部电影很无聊，浪费时间。",
        "别碰我，你这个混蛋！",
        "我对你非常失望。",
        "都是你的错，你害死了他。",
        "我害怕，我不想一个人。",
    ],
    "en": [
        "I hate this movie, it was terrible.",
        "This is the worst film I have ever seen.",
        "It was boring and a waste of time.",
        "The acting was awful and the plot is stupid.",
        "I was very disappointed.",
        "She is annoying and I do not like her.",
        "He died and everyone is sad.",
        "Don't bother seeing it, it is bad.",
        "I am angry, you lied to me.",
        "What a horrible, ugly mess.",
    ],
}


@pytest.fixture(scope="module")
def small() -> TextHead:
    # Four times each: the upper layer learns from texts whose words the lower one met in other groups.
    texts = [*GOOD, *BAD, *PLAIN] * 4
    labels = (["SPOS"] * len(GOOD) + ["SNEG"] * len(BAD) + ["NEUT"] * len(PLAIN)) * 4
    return TextHead().fit(texts, labels, groups=[str(i % 5) for i in range(len(texts))])


@pytest.fixture(scope="module")
def shipped() -> TextHead:
    return TextHead.load(HEAD)


def valence(head: TextHead, text: str, language: Language | None = None) -> float:
    """P(positive) − P(negative)."""
    p = head.predict_proba([text], language)[0]
    return float(p[3:].sum() - p[:2].sum())


def test_it_learns_in_both_languages(small: TextHead) -> None:
    for text in ("我喜欢", "i love this"):
        assert valence(small, text) > 0
    for text in ("我讨厌", "i hate this"):
        assert valence(small, text) < 0
    assert small.predict_proba(["去北京"])[0].argmax() == 2


def test_saved_and_loaded_equal(small: TextHead, tmp_path: Path) -> None:
    small.save(tmp_path)
    again = TextHead.load(tmp_path)
    texts = [*GOOD, *BAD, *PLAIN, "", "🙂", "unknown wörds", "未知"]
    assert np.array_equal(small.predict_proba(texts), again.predict_proba(texts))
    assert small.explain("我很开心", "SPOS") == again.explain("我很开心", "SPOS")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["head.json", "head.safetensors"]


def test_files_that_do_not_belong_together_are_refused(small: TextHead, tmp_path: Path) -> None:
    small.save(tmp_path)
    config = json.loads((tmp_path / "head.json").read_text(encoding="utf-8"))
    config["vocabulary"]["en"].pop()
    (tmp_path / "head.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(ValueError, match="do not fit"):
        TextHead.load(tmp_path)
    with pytest.raises(ConfigError, match="cannot be used"):
        TextHeadReader(tmp_path)


@pytest.mark.parametrize(
    "text", ["我不喜欢这部电影，真的不好看", "I don't love this film, it is not good!", "好好好好", "x"]
)
def test_contributions_add_up_to_the_logit(shipped: TextHead, text: str) -> None:
    logits = np.log(shipped.predict_proba([text])[0])
    for column, label in enumerate(shipped.labels):
        reasons, base = shipped.explain(text, label)
        total = base + sum(reason.contribution for reason in reasons)
        assert total == pytest.approx(logits[column] - logits.mean(), abs=1e-5)
        sizes = [abs(reason.contribution) for reason in reasons]
        assert sizes == sorted(sizes, reverse=True)


def test_contributions_rebuild_the_probabilities(shipped: TextHead) -> None:
    text = "今天真的很开心"
    sums = [
        base + sum(r.contribution for r in reasons)
        for reasons, base in (shipped.explain(text, label) for label in shipped.labels)
    ]
    assert softmax(np.array(sums)) == pytest.approx(shipped.predict_proba([text])[0], abs=1e-6)
    assert shipped.contributions([text], "SPOS", top=2)[0] == shipped.explain(text, "SPOS")[0][:2]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_polarity_of_plain_sentences(shipped: TextHead, language: Language) -> None:
    wrong = [text for text in POSITIVE[language] if valence(shipped, text) <= 0]
    assert len(wrong) <= 2, wrong
    wrong = [text for text in NEGATIVE[language] if valence(shipped, text) >= 0]
    assert len(wrong) <= 2, wrong


@pytest.mark.parametrize(
    ("plain", "negated"),
    [
        ("I like this movie.", "I don't like this movie."),
        ("It was good.", "It was not good."),
        ("我喜欢这部电影。", "我不喜欢这部电影。"),
        ("我很高兴。", "我不高兴。"),
        ("我相信你。", "我不相信你。"),
    ],
)
def test_negation_lowers_the_valence(shipped: TextHead, plain: str, negated: str) -> None:
    assert valence(shipped, negated) < valence(shipped, plain) - 0.1


def test_reader_gives_opinion_reasons_and_confidence() -> None:
    reader = spec({"provider": "text-head", "encoder": "none"}).build()
    opinion = reader.read(Transcript((Segment("这部电影"), Segment("非常精彩")), "zh", "zh", 1.0, "a.srt")).opinion
    assert (opinion.space, opinion.labels) == ("sentiment5", ("SNEG", "WNEG", "NEUT", "WPOS", "SPOS"))
    assert sum(opinion.probabilities) == pytest.approx(1)
    assert "精彩" in {reason.feature for reason in opinion.reasons}
    assert 0 < opinion.confidence <= 1
    longer = "这部电影非常精彩，我和我的朋友都很喜欢，我们看得很开心"
    assert reader.read(Transcript((Segment(longer),), "zh", "zh", 1.0, "")).opinion.confidence > opinion.confidence
    strange = reader.read(Transcript((Segment("qwrtz good xkcdq zzyxw"),), "en", "en", 1.0, "")).opinion
    assert strange.confidence < opinion.confidence


@pytest.mark.parametrize("text", ["", "  ", "...", "123 !"])
def test_no_words_is_the_clips_error(text: str) -> None:
    with pytest.raises(Absent):
        TextHeadReader().read(Transcript((Segment(text),), None, "und", 0.0, "a.txt"))


def test_words_of_an_unknown_script_give_no_opinion() -> None:
    with pytest.raises(Absent, match="knows no word"):
        TextHeadReader().read(Transcript((Segment("Привет как дела"),), "en", "und", 1.0, "a.txt"))


def test_spec_names_what_is_missing_and_follows_the_weights(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        spec({"weights": str(tmp_path)})
    assert "head.json" in caught.value.message
    assert "python -m models train text" in caught.value.remedy
    for name in ("head.json", "head.safetensors"):
        shutil.copy(HEAD / name, tmp_path / name)
    shutil.copytree(HEAD / "emotions", tmp_path / "emotions")
    bag = {"encoder": "none"}
    assert spec({"weights": str(tmp_path), **bag}).fingerprint == spec(bag).fingerprint
    with (tmp_path / "head.json").open("a", encoding="utf-8") as stream:
        stream.write("\n")
    assert spec({"weights": str(tmp_path), **bag}).fingerprint != spec(bag).fingerprint


def test_without_the_encoder_the_bag_reads_and_the_command_is_named(tmp_path: Path) -> None:
    chosen = spec({"models_dir": str(tmp_path)})
    assert chosen.fingerprint == spec({"encoder": "none"}).fingerprint
    assert "python -m models fetch text" in chosen.lacks
    assert spec({"encoder": "none"}).lacks == ""
    with pytest.raises(ConfigError) as caught:
        spec({"models_dir": str(tmp_path), "encoder": "e5"})
    assert "python -m models fetch text" in caught.value.remedy
    with pytest.raises(ConfigError, match="encoder"):
        spec({"encoder": "bert"})
    exchanged = tmp_path / files.FOLDER / files.NAME
    exchanged.parent.mkdir(parents=True)
    exchanged.write_bytes(b"E5S1")
    with pytest.raises(ConfigError, match="checksum"):
        spec({"models_dir": str(tmp_path)})


@pytest.fixture(scope="module")
def whole(root: Path) -> TextHeadReader:
    """The reader with the real encoder."""
    path = root / "checkpoints" / files.FOLDER / files.NAME
    if not path.is_file():
        pytest.skip(f"not fetched: {files.COMMAND}")
    return TextHeadReader(HEAD, path)


def said(reader: TextHeadReader, text: str, language: Language) -> TextFeatures:
    return reader.read(Transcript((Segment(text),), language, language, 1.0, "a.srt"))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_polarity_of_plain_sentences_read_as_a_whole(whole: TextHeadReader, language: Language) -> None:
    for texts, sign in ((POSITIVE[language], 1), (NEGATIVE[language], -1)):
        p = whole.probabilities(texts, language)
        wrong = [t for t, row in zip(texts, p, strict=True) if sign * (row[3:].sum() - row[:2].sum()) <= 0]
        assert len(wrong) <= 1, wrong


def test_the_effect_of_a_word_is_what_leaving_it_out_does(whole: TextHeadReader) -> None:
    text = "I don't like this movie, honestly."
    features = said(whole, text, "en")
    effects = {reason.feature: reason.contribution for reason in features.opinion.reasons}
    assert set(effects) == {"don't like", "movie", "honestly"}, "a negation with what it negates; no function word"
    top = int(np.argmax(features.opinion.probabilities))
    p, rest = features.opinion.probabilities[top], whole.probabilities(["I this movie, honestly."], "en")[0][top]
    assert effects["don't like"] == pytest.approx(np.log(p / (1 - p)) - np.log(rest / (1 - rest)), abs=1e-3)
    assert max(effects, key=lambda word: abs(effects[word])) == "don't like"
    assert "like" in {share.feature for share in features.shares}, "the bag's own shares stand beside"


def test_equal_texts_get_equal_answers_whatever_was_read_before(whole: TextHeadReader) -> None:
    first = said(whole, "今天真的很开心", "zh")
    said(whole, "火车九点开", "zh")
    assert said(whole, "今天真的很开心", "zh") == first


def test_a_head_over_another_encoder_is_refused(whole: TextHeadReader, root: Path, tmp_path: Path) -> None:
    shutil.copytree(HEAD, tmp_path / "text")
    path = tmp_path / "text" / "sentence" / "head.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**config, "encoder": "0" * 64}), encoding="utf-8")
    with pytest.raises(ConfigError, match="another encoder"):
        TextHeadReader(tmp_path / "text", root / "checkpoints" / files.FOLDER / files.NAME)


def test_same_answer_in_two_processes(root: Path) -> None:
    code = (
        "from models.text.linear import TextHead; from models.text.head import HEAD;"
        "h = TextHead.load(HEAD);"
        "print(h.predict_proba(['我不喜欢这部电影', 'I love it']).tobytes().hex(), h.explain('我很开心', 'SPOS'))"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-X", "utf8", "-c", code],
            cwd=root,
            capture_output=True,
            check=True,
            text=True,
            encoding="utf-8",
        ).stdout
        for _ in range(2)
    }
    assert len(answers) == 1


def test_shipped_artefact_is_small_and_has_a_card() -> None:
    assert sum(path.stat().st_size for path in HEAD.iterdir()) <= 8_000_000
    figures = json.loads((HEAD / "figures.json").read_text(encoding="utf-8"))
    for row in ("all → zh", "all → en", "zh → zh", "en → en"):
        assert figures[row]["accuracy"] > figures[row]["majority"]
    for row in ("zh → en", "en → zh"):  # five classes do not carry over between the corpora; polarity does
        assert figures[row]["UAR"] > 0.2
        assert figures[row]["Acc-2 (non-zero)"] > figures[row]["majority of two"]
    card = (HEAD / "CARD.md").read_text(encoding="utf-8")
    assert "Licence" in card
    assert "python -m models train text" in card


def test_a_listed_word_counts_that_no_text_held() -> None:
    lexicon = Lexicon(
        {w: ("k0",) for w in ("good", "great", "superb")} | {w: ("k1",) for w in ("bad", "awful", "vile")}
    )
    texts = ["a good day", "great film", "a bad day", "awful film", "on monday", "a film"] * 6
    labels = ["SPOS", "SPOS", "SNEG", "SNEG", "NEUT", "NEUT"] * 6
    head = TextHead().fit(texts, labels, None, Extras(lexicon={"en": lexicon}))
    plain = TextHead().fit(texts, labels)
    assert valence(head, "superb") > 0.3 > abs(valence(plain, "superb"))
    assert valence(head, "vile") < -0.3
    reasons, _ = head.explain("superb", "SPOS")
    assert [reason.feature for reason in reasons] == ["superb"]


def test_a_corpus_of_polarity_only_helps(tmp_path: Path) -> None:
    texts = ["a good day", "a bad day", "monday"] * 8 + ["good thing", "bad thing", "a thing"] * 8
    labels = ["SPOS", "SNEG", "NEUT"] * 8 + [""] * 24
    scores = [1.0, -1.0, 0.0] * 16
    corpora = ["home"] * 24 + ["dialogue"] * 24
    head = TextHead().fit(texts, labels, None, Extras(corpora=corpora, scores=scores, home={"en": "home"}))
    assert valence(head, "good thing") > 0 > valence(head, "bad thing")
    path = tmp_path / "talk.csv"
    path.write_text("Utterance,Sentiment,Dialogue_ID\nHi!,positive,3\n...,neutral,3\n", encoding="utf-8")
    (row,) = read_rows(path)
    assert (row.label, row.score, row.group) == ("", 1.0, "talk/3")
    assert home_corpora([row]) == {}


def test_a_bias_is_learned_per_corpus() -> None:
    texts = ["a good day", "a bad day", "a good film", "a bad film"] * 6
    labels = ["SPOS", "SNEG", "SPOS", "NEUT"] * 6
    corpora = ["one", "one", "two", "two"] * 6
    heads = {
        name: TextHead().fit(texts, labels, None, Extras(corpora=corpora, home={"en": name})) for name in ("one", "two")
    }
    negative = {name: head.predict_proba(["a bad thing"])[0][0] for name, head in heads.items()}
    assert negative["one"] > negative["two"]
