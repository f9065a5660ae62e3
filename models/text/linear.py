"""The text head: five sentiment classes from words, Chinese and English in one artefact."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from harness.records.types import Language, Reason
from models.heads.files import read_head
from models.heads.linear import fit_temperature, softmax
from models.text.bag import Bag
from models.text.fit import UNLABELLED, Knobs, LinearText, Samples, fit_linear_text
from models.text.lexicon import Lexicon
from models.text.tokens import Segmenter, Tokens, tokenise
from models.transcription.language import detect_language, processed_language

LANGUAGES: tuple[Language, ...] = ("zh", "en")


@dataclass(frozen=True)
class Extras:
    """What training may know beyond texts and labels; each sequence runs beside the texts.

    Attributes:
        languages: the language of each text; by default its script tells it.
        corpora: the corpus of each text; a bias is learned for each.
        home: language → the corpus whose label shares (bias) the saved head keeps, and on which its temperature is
            fitted; without it the language's largest corpus.
        scores: sentiment of each text, about −1..1; by default the label's rank on that scale.
        weights: weight of each text.
        emotions: emotion of each text, empty where none is known.
        valences: what a lexicon says of each text's translation, −1..1, NaN where nothing is known.
        lexicon: language → words with marks; it becomes part of the head.
    """

    languages: Sequence[Language] | None = None
    corpora: Sequence[str] | None = None
    home: Mapping[Language, str] | None = None
    scores: Sequence[float] | None = None
    weights: Sequence[float] | None = None
    emotions: Sequence[str] | None = None
    valences: Sequence[float] | None = None
    lexicon: Mapping[Language, Lexicon] | None = None


class TextHead:
    """TF-IDF features → softmax((x·W + b) / temperature), with W, b and temperature of the text's language.

    Training needs scikit-learn and jieba's dictionary; prediction needs numpy, and jieba's code for Chinese.

    Args:
        labels: ordered labels, most negative first.
        space: name of their label space.
        knobs: strengths of regularisation.
    """

    SCHEMA = "text-linear/2"

    def __init__(
        self,
        labels: Sequence[str] = ("SNEG", "WNEG", "NEUT", "WPOS", "SPOS"),
        space: str = "sentiment5",
        knobs: Knobs | None = None,
    ) -> None:
        self.labels = tuple(labels)
        self.space = space
        self.knobs = knobs or Knobs()
        self.temperature: dict[Language, float] = {}
        self._models: dict[Language, LinearText] = {}
        self._segmenter = Segmenter({}, 1)
        self._lexicon: dict[Language, Lexicon] = {}
        self._last: tuple[str, Language, Tokens] | None = None

    def fit(self, x: Any, y: Sequence[str], groups: Sequence[str] | None = None, extras: Extras | None = None) -> Self:
        """Fit on texts `x` and labels `y`; with `groups` (videos) also fit the temperature across groups (5 folds).

        A text with an empty label has only a polarity, the sign of its score. Texts without any letter are left out.
        ValueError when no text is left.
        """
        extras = extras or Extras()
        languages: Sequence[Language | None] = extras.languages or [language_of(text) for text in x]
        self._lexicon, self._last = dict(extras.lexicon or {}), None
        chinese = (text for text, code in zip(x, languages, strict=True) if code == "zh")
        self._segmenter = Segmenter.learn(chinese, self._lexicon["zh"].marks if "zh" in self._lexicon else ())
        if "zh" in self._lexicon:
            self._lexicon["zh"] = self._lexicon["zh"].only(self._segmenter.frequencies)
        for language in LANGUAGES:
            rows = np.array([i for i, code in enumerate(languages) if code == language], dtype=np.intp)
            if len(rows):
                self._fit_language(language, self._samples(x, y, groups, extras, rows, language), groups, extras)
        if not self._models:
            raise ValueError("no text with words to learn from")
        return self

    @classmethod
    def made_of(
        cls,
        labels: Sequence[str],
        space: str,
        models: Mapping[Language, LinearText],
        temperature: Mapping[Language, float],
        segmenter: Segmenter,
        lexicon: Mapping[Language, Lexicon],
    ) -> Self:
        """A head from parts that were trained elsewhere."""
        head = cls(labels, space)
        head._models, head.temperature = dict(models), dict(temperature)
        head._segmenter, head._lexicon = segmenter, dict(lexicon)
        return head

    @property
    def segmenter(self) -> Segmenter:
        """What parts Chinese text into words."""
        return self._segmenter

    def predict_proba(self, x: Any, language: Language | None = None) -> NDArray[np.float64]:
        """Probabilities, shape (texts, labels). Without `language` each text's script tells it (`en` if none does)."""
        return np.stack([self._probabilities(text, language) for text in x])

    def contributions(self, x: Any, label: str, top: int = 5) -> list[tuple[Reason, ...]]:
        """For each text, the words with the largest share in the log-odds of `label`: see `explain`."""
        return [self.explain(text, label)[0][:top] for text in x]

    def explain(self, text: str, label: str, language: Language | None = None) -> tuple[tuple[Reason, ...], float]:
        """Every word's additive share in the log-odds of `label` against the mean of all labels, largest first.

        A feature that stands on several words (a pair, a negation and what it negates) is shared equally among them;
        equal words are added up, and `value` says how often the word occurs. The shares and the base, which is what
        a text without known words gets, add up to the label's centred logit over temperature.

        Returns:
            (reasons, base)
        """
        language, model, tokens = self._read(text, language)
        column, temperature = self.labels.index(label), self.temperature[language]
        columns, values = model.bag.vector(tokens)
        block = model.weights[columns].astype(np.float64)
        share_of = dict(zip(columns, values * (block[:, column] - block.mean(axis=1)) / temperature, strict=True))
        occurrences = [(model.bag.index[name], at) for name, at in tokens.features if name in model.bag.index]
        times: dict[int, int] = {}
        for feature, _ in occurrences:
            times[feature] = times.get(feature, 0) + 1
        shares = np.zeros(len(tokens.words))
        for feature, at in occurrences:
            for i in at:
                shares[i] += share_of[feature] / times[feature] / len(at)
        total: dict[str, list[float]] = {}
        for word, share in zip(tokens.words, shares, strict=True):
            if share:
                total.setdefault(word, []).append(float(share))
        reasons = [Reason(word, float(len(parts)), sum(parts)) for word, parts in total.items()]
        base = float(model.bias[column] - model.bias.mean()) / temperature
        return tuple(sorted(reasons, key=lambda reason: -abs(reason.contribution))), base

    def confidence(self, text: str, language: Language | None = None) -> float:
        """How sure the head may be, 0..1: k / n · the largest of P(negative), P(neutral), P(positive).

        k of the text's n words are known; without known words it is 0. The negative labels are those below the middle
        one, the positive those above it.
        """
        language, model, tokens = self._read(text, language)
        known, words = model.bag.known_words(tokens), sum(word[0].isalnum() for word in tokens.words)
        if not known:
            return 0.0
        p, middle = softmax(model.logits(tokens) / self.temperature[language]), len(self.labels) // 2
        polarity = p[:middle].sum(), p[middle], p[middle + 1 :].sum()
        return known / words * float(max(polarity))

    def known_share(self, text: str, language: Language | None = None) -> float:
        """The share of the text's words that the head knows, 0..1."""
        language, model, tokens = self._read(text, language)
        words = sum(word[0].isalnum() for word in tokens.words)
        return model.bag.known_words(tokens) / words if words else 0.0

    def save(self, folder: Path) -> None:
        """Write head.json (vocabularies and settings) and head.safetensors (weights, float32) into `folder`."""
        from safetensors.numpy import save

        folder.mkdir(parents=True, exist_ok=True)
        tensors: dict[str, NDArray[np.float32]] = {}
        for language, model in self._models.items():
            tensors |= {f"{language}.weights": model.weights, f"{language}.bias": model.bias}
            tensors[f"{language}.idf"] = model.bag.idf
        # save_file would make the file readable by its owner only.
        (folder / "head.safetensors").write_bytes(save(tensors))
        config = {
            "schema": self.SCHEMA,
            "space": self.space,
            "labels": self.labels,
            "knobs": asdict(self.knobs),
            "temperature": self.temperature,
            "segmenter": {"total": self._segmenter.total, "frequencies": self._segmenter.frequencies},
            "lexicon": {language: lexicon.grouped() for language, lexicon in self._lexicon.items()},
            "vocabulary": {language: list(model.bag.index) for language, model in self._models.items()},
        }
        text = json.dumps(config, ensure_ascii=False, separators=(",", ":"))
        (folder / "head.json").write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote. ValueError when the two files do not belong together."""
        config, tensors = read_head(folder, cls.SCHEMA)
        head = cls(config["labels"], config["space"], Knobs(**config["knobs"]))
        head._segmenter = Segmenter(config["segmenter"]["frequencies"], config["segmenter"]["total"])
        head._lexicon = {code: Lexicon.from_groups(groups) for code, groups in config["lexicon"].items()}
        for language in LANGUAGES:
            if language not in config["vocabulary"]:
                continue
            names = config["vocabulary"][language]
            weights, bias, idf = (tensors[f"{language}.{part}"] for part in ("weights", "bias", "idf"))
            if weights.shape != (len(names), len(head.labels)) or idf.shape != (len(names),):
                raise ValueError(f"{folder}: {language} weights of shape {weights.shape} do not fit head.json")
            head._models[language] = LinearText(Bag({name: i for i, name in enumerate(names)}, idf), weights, bias)
            head.temperature[language] = config["temperature"][language]
        return head

    def _read(self, text: str, language: Language | None) -> tuple[Language, LinearText, Tokens]:
        language = language or language_of(text) or "en"
        if language not in self._models:
            raise ValueError(f"this head was not trained on {language} text")
        if self._last is None or self._last[:2] != (text, language):
            # A text is asked for its probabilities, its reasons and its confidence in turn.
            self._last = (text, language, self._tokens(text, language))
        return language, self._models[language], self._last[2]

    def _tokens(self, text: str, language: Language) -> Tokens:
        return tokenise(text, language, self._segmenter, self._lexicon.get(language))

    def _probabilities(self, text: str, language: Language | None) -> NDArray[np.float64]:
        language, model, tokens = self._read(text, language)
        return softmax(model.logits(tokens) / self.temperature[language])

    def _samples(
        self,
        x: Sequence[str],
        y: Sequence[str],
        groups: Sequence[str] | None,
        extras: Extras,
        rows: NDArray[np.intp],
        language: Language,
    ) -> Samples:
        target = np.array([self.labels.index(y[i]) if y[i] else UNLABELLED for i in rows], dtype=np.intp)
        ranks = 2 * target / (len(self.labels) - 1) - 1
        return Samples(
            tokens=[self._tokens(x[i], language) for i in rows],
            target=target,
            score=ranks if extras.scores is None else np.array([extras.scores[i] for i in rows], dtype=np.float64),
            weight=np.array([1.0 if extras.weights is None else extras.weights[i] for i in rows]),
            corpus=np.array(["" if extras.corpora is None else extras.corpora[i] for i in rows]),
            group=np.array([str(i) if groups is None else groups[i] for i in rows]),
            emotion=np.array(["" if extras.emotions is None else extras.emotions[i] for i in rows]),
            valence=np.array([np.nan if extras.valences is None else extras.valences[i] for i in rows]),
        )

    def _fit_language(self, language: Language, samples: Samples, groups: Sequence[str] | None, extras: Extras) -> None:
        from sklearn.model_selection import GroupKFold

        names, sizes = np.unique(samples.corpus, return_counts=True)
        home = (extras.home or {}).get(language, str(names[sizes.argmax()]))
        self.temperature[language] = 1.0
        at_home = samples.corpus == home
        if groups is not None:
            held_out = np.zeros((len(at_home), len(self.labels)))
            folds = min(5, len(set(samples.group[at_home])))
            for train, test in GroupKFold(folds).split(at_home, groups=samples.group):
                model = fit_linear_text(samples.take(train), home, len(self.labels), self.knobs)
                for i in test[at_home[test]]:
                    held_out[i] = model.logits(samples.tokens[i])
            self.temperature[language] = fit_temperature(held_out[at_home], samples.target[at_home])
        self._models[language] = fit_linear_text(samples, home, len(self.labels), self.knobs)


def language_of(text: str) -> Language | None:
    """The language that a text is worked on as, told by its script."""
    return processed_language(*detect_language(text))
