"""`python -m models train emotions`: the head that reads seven emotions in words, zh and en."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.faults import ConfigError
from harness.records.labels import EMOTION7
from harness.records.types import Language
from models.fingerprint import mismatches
from models.folders import default_models_dir
from models.heads.figures import scores
from models.heads.linear import fit_temperature, held_out_probabilities, softmax
from models.text import sentence
from models.text.e5 import files
from models.text.fit import LinearText
from models.text.linear import LANGUAGES, TextHead
from models.text.sentence import Pool, SentenceHead, pooled
from models.text.tokens import Segmenter, Tokens, tokenise
from models.training.card import Licensed, data_sha256, write_card
from models.training.corpora import read_lexicons, read_valences
from models.training.sentence.emotion_bag import BagKnobs, BagTexts, fit_bag
from models.training.sentence.emotion_data import FOLDS, SCHEME, EmotionTexts, read_texts
from models.training.sentence.fit import Knobs, Question, Stack, Texts, fit
from models.training.sentence.states import states_of
from models.training.train_text import Lexicons, sources

Floats = NDArray[np.float64]
SIZE = len(EMOTION7.labels)
LAYERS = (6, 9, 12)
"""Of the encoder, whose states this head reads; docs/heads.md has the other choices."""
KNOBS = Knobs(ridge=1500.0, upper=0.1, direct=0.06, balance=0.0)
BALANCE: Mapping[Language, float] = {"zh": 0.4, "en": 0.35}
"""How far the labels' shares are evened out; the folds' figures of others are in docs/heads.md."""
SHARE = 0.3
"""Of the bag of words in the pool."""


@dataclass(frozen=True)
class Bags:
    """What parts texts into features, and the texts so parted, by language."""

    segmenter: Segmenter
    lexicon: Lexicons
    texts: Mapping[Language, BagTexts]
    rows: Mapping[Language, NDArray[np.intp]]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's flags."""
    parser.add_argument("--data", type=Path, required=True, help="csv with language, text, emotion, and where known id")
    parser.add_argument("--corpora", nargs="*", type=Path, default=[], help="csv files, as `train text` reads them")
    parser.add_argument("--lexicon-en", type=Path, help="as `train text`")
    parser.add_argument("--lexicon-zh", type=Path, help="as `train text`")
    parser.add_argument("--models-dir", type=Path, default=default_models_dir(), help="where the encoder lies")
    parser.add_argument("--bag-only", action="store_true", help="without the encoder: the bag of words alone")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the texts' hidden states here")
    parser.add_argument("--out", type=Path, required=True, help="folder for the head: `emotions` in the text head's")


def run(args: argparse.Namespace) -> int:
    """Cross-validate by video and dialogue, fit on everything, write heads, figures and card."""
    place = args.models_dir / files.FOLDER
    if not args.bag_only and (wrong := mismatches(place, files.SHA256)):
        remedy = f"run: {files.COMMAND}; or --bag-only"
        raise ConfigError(f"multilingual-e5-small in {place}: {', '.join(wrong)}", remedy)
    texts = read_texts(args.data, args.corpora, read_valences(args.lexicon_en))
    bags = parted(texts, read_lexicons(args.lexicon_en, args.lexicon_zh))
    figures: dict[str, float | dict[str, float]] = {}
    said = {code: held_out_bag(part) for code, part in bags.texts.items()}
    temperature = {code: fit_temperature(said[code], _truth(part)) for code, part in bags.texts.items()}
    fitted = {code: fit_bag(part, SIZE, _bag_knobs(code)) for code, part in bags.texts.items()}
    TextHead.made_of(EMOTION7.labels, EMOTION7.name, fitted, temperature, bags.segmenter, bags.lexicon).save(args.out)
    for code, part in bags.texts.items():
        p = held_out_probabilities(said[code], _truth(part), _folds(part))
        figures[f"{code}, bag of words alone"] = _figures(p, _truth(part))
    if not args.bag_only:
        states = states_of(texts.text, place / files.NAME, args.keep, LAYERS)
        figures |= whole(
            texts, states, bags, {code: softmax(said[code] / temperature[code]) for code in said}, args.out
        )
    used = [path for path in (args.data, *args.corpora, args.lexicon_en, args.lexicon_zh) if path]
    about = facts(texts, used)
    title = "Text head for seven emotions, zh and en"
    write_card(args.out, title, about, figures, retrain(args), used, licences(used, args.bag_only))
    for name, value in figures.items():
        print(name, value)
    return 0


def parted(texts: EmotionTexts, lexicons: Lexicons) -> Bags:
    """The texts as tokens; the words of Chinese are those of all its texts."""
    lexicon = dict(lexicons)
    chinese = [text for text, code in zip(texts.text, texts.language.tolist(), strict=True) if code == "zh"]
    segmenter = Segmenter.learn(chinese, lexicon["zh"].marks if "zh" in lexicon else ())
    if "zh" in lexicon:
        lexicon["zh"] = lexicon["zh"].only(segmenter.frequencies)
    found: dict[Language, BagTexts] = {}
    at: dict[Language, NDArray[np.intp]] = {}
    for code in LANGUAGES:
        rows = np.flatnonzero(texts.language == code)
        if not texts.home(code).any():
            continue
        tokens: list[Tokens] = [tokenise(texts.text[i], code, segmenter, lexicon.get(code)) for i in rows]
        found[code] = BagTexts(
            tokens,
            texts.target[rows],
            texts.corpus[rows],
            texts.emotion[rows],
            texts.score[rows],
            texts.valence[rows],
            texts.fold[rows],
        )
        at[code] = rows
    return Bags(segmenter, lexicon, found, at)


def held_out_bag(texts: BagTexts, knobs: BagKnobs | None = None) -> Floats:
    """Logits of the scheme's texts (texts, labels), by models that saw nothing of their fold."""
    logits = np.zeros((len(texts.tokens), SIZE))
    home = texts.target >= 0
    code: Language = "zh" if texts.corpus[home][0].endswith("zh") else "en"
    for fold in range(FOLDS):
        model: LinearText = fit_bag(texts.take(np.flatnonzero(texts.fold != fold)), SIZE, knobs or _bag_knobs(code))
        for i in np.flatnonzero(home & (texts.fold == fold)):
            logits[i] = model.logits(texts.tokens[i])
    return logits[home]


def whole(
    texts: EmotionTexts, states: NDArray[np.float32], bags: Bags, bag: Mapping[Language, Floats], out: Path
) -> dict[str, float | dict[str, float]]:
    """Figures of the head over whole sentences with and without the bag of words; writes it into `out`/sentence."""
    mean, spread = states.mean(axis=0, dtype=np.float64), np.maximum(states.std(axis=0, dtype=np.float64), 1e-6)
    table = as_table(texts, ((states - mean) / spread).astype(np.float32))
    everyone = np.ones(len(texts.text), dtype=bool)
    stack = Stack(table, everyone, KNOBS, questions(texts))
    figures: dict[str, float | dict[str, float]] = {}
    weights, bias, pool = {}, {}, {}
    for code in bags.texts:
        home, corpus = texts.home(code), f"{SCHEME} {code}"
        logits = np.zeros((len(texts.text), SIZE))
        for fold in range(FOLDS):
            unseen = home & (texts.fold == fold)
            head = fit(stack, corpus, code, everyone, SIZE, (fold,), BALANCE[code])
            logits[unseen] = head.logits(table.x[unseen])
        y, fold_of = texts.target[home], texts.fold[home]
        joined = np.log(pooled(logits[home], bag[code], Pool(SHARE, 1.0)))
        figures[code] = _figures(held_out_probabilities(joined, y, fold_of), y)
        figures[f"{code}, sentence alone"] = _figures(held_out_probabilities(logits[home], y, fold_of), y)
        final = fit(stack, corpus, code, everyone, SIZE, (), BALANCE[code])
        weights[code], bias[code] = final.weights, final.bias
        pool[code] = Pool(SHARE, fit_temperature(joined, y))
    encoder = files.SHA256[files.NAME]
    SentenceHead(EMOTION7.labels, LAYERS, encoder, mean, spread, weights, bias, pool).save(out / sentence.FOLDER)
    return figures


def as_table(texts: EmotionTexts, x: NDArray[np.float32]) -> Texts:
    """The texts as the stack of regressions reads them."""
    return Texts(
        x,
        texts.language,
        texts.corpus,
        texts.target,
        np.nan_to_num(texts.score),
        np.full(len(texts.text), np.nan),
        texts.emotion[:, None],
        texts.fold,
    )


def questions(texts: EmotionTexts) -> list[Question]:
    """What the regressions below are asked: the emotions of the scheme and of corpora, and each corpus' sentiment."""
    home = texts.target >= 0
    asked: list[tuple[NDArray[np.bool_], list[NDArray[np.generic]]]] = [
        (home, [texts.target == k for k in range(SIZE)])
    ]
    names = sorted(set(texts.corpus[~home].tolist()))
    for name in names:
        own = (texts.corpus == name) & (texts.emotion != "")
        called = sorted(set(texts.emotion[own].tolist()))
        if called:
            asked.append((own, [texts.emotion == emotion for emotion in called]))
    asked.append((~home, [texts.score, np.sign(texts.score), texts.score == 0]))
    asked += [(texts.corpus == name, [texts.score]) for name in names]
    return [(mask, np.stack([np.asarray(a, np.float32) for a in answers], axis=1)) for mask, answers in asked]


def _bag_knobs(code: Language) -> BagKnobs:
    return BagKnobs(balance=BALANCE[code])


def _truth(texts: BagTexts) -> NDArray[np.intp]:
    return texts.target[texts.target >= 0]


def _folds(texts: BagTexts) -> NDArray[np.intp]:
    return texts.fold[texts.target >= 0]


def _figures(p: Floats, y: NDArray[np.intp]) -> dict[str, float]:
    return scores(p, np.array(EMOTION7.labels)[y], EMOTION7.labels)


def facts(texts: EmotionTexts, used: Sequence[Path]) -> dict[str, str]:
    """Heading → text of the card."""
    sizes = {name: int((texts.corpus == name).sum()) for name in dict.fromkeys(texts.corpus.tolist())}
    counted = ", ".join(f"{name} ({count} texts)" for name, count in sizes.items())
    return {
        "What it is": f"Over {', '.join(EMOTION7.labels)}. A bag of words with lexicon marks "
        "(`models/training/sentence/emotion_bag.py`), and beside it a linear head over multilingual-e5-small's mean "
        f"states after layers {', '.join(map(str, LAYERS))}: for each language ridge regressions of every corpus' "
        "emotions and sentiments, and a multinomial logistic regression above. The two are pooled log-linearly, the "
        f"bag with a share of {SHARE}; temperature fitted. Without the encoder the bag reads alone. A text weighs (its "
        "label's share) to the power of "
        + ", ".join(f"−{value} ({code})" for code, value in BALANCE.items())
        + ": rare emotions are found more often, for a little accuracy.",
        "Data": f"{counted}. One scheme for both languages gives the labels; the other corpora only teach the "
        "regressions below. SHA-256 over names and bytes of "
        f"{', '.join(path.name for path in used)}: {data_sha256(used)}.",
        "Split": f"{FOLDS} folds by video (zh) and dialogue (en), the same for all parts; texts of other corpora that "
        "stand in the scheme are in its fold, or left out. The temperature of a fold is that of the others. Share, "
        "penalties and balance were chosen by these same folds, so the figures are a little kind.",
        "Limits": "People labelled what they heard and saw, so words alone cannot reach the labels. The English lines "
        "are a television series', the Chinese ones films and series. Probabilities are calibrated on the balanced "
        "training: on data with other shares of emotions, learn a prior (`models train prior`).",
    }


def licences(used: Sequence[Path], bag_only: bool) -> list[Licensed]:
    """Where the head's data come from, and the encoder."""
    encoder = [] if bag_only else [Licensed("multilingual-e5-small", "MIT (Wang et al., 2024)", commercial=True)]
    return [*sources(used), *encoder]


def retrain(args: argparse.Namespace) -> str:
    """The command with file names for paths, since the folders are the user's own."""
    words = [f"python -m models train emotions --data DATA/{args.data.name}"]
    if args.corpora:
        words += ["--corpora", *(f"DATA/{path.name}" for path in args.corpora)]
    for flag, path in (("--lexicon-en", args.lexicon_en), ("--lexicon-zh", args.lexicon_zh)):
        words += [flag, f"DATA/{path.name}"] if path else []
    return " ".join([*words, *(["--bag-only"] if args.bag_only else []), "--out models/weights/text/emotions"])
