"""See, fetch, check, train and evaluate models: `python -m models VERB`."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Mapping, Sequence

from harness.faults import HarnessFault
from harness.inputs.arguments import end_without_reader, refuse_undecodable
from harness.inputs.chinese import in_chinese

GROUPS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "fetch": {
        "face": ("models.hub.fetch_face", "the three nets that find and follow faces"),
        "body": ("models.hub.fetch_body", "the two nets that see shoulders and hands"),
        "words": ("models.hub.fetch_words", "Whisper base, and what reads subtitles in the picture"),
        "text": ("models.hub.fetch_text", "the network that reads a sentence as a whole"),
        "whisper": ("models.hub.fetch_whisper", "a larger recogniser of words"),
        "emotion2vec": ("models.hub.fetch_emotion2vec", "the network that hears emotion"),
        "omni": ("models.hub.fetch_omni", "the model that sees, hears and reasons"),
        "r1-omni": ("models.hub.fetch_r1omni", "the four parts of R1-Omni"),
    },
    "train": {
        "text": ("models.training.train_text", "the head that reads words, zh and en"),
        "sentence": ("models.training.sentence.train", "the head over multilingual-e5-small, beside the former"),
        "emotions": ("models.training.sentence.emotions", "the head that reads seven emotions in words, zh and en"),
        "speech": ("models.training.train_speech", "the head that hears polarity in a voice"),
        "voice": ("models.training.train_voice", "voice heads that are normalised over a run and know their limits"),
        "face": ("models.training.train_face", "the head that sees expressions"),
        "logreg": ("models.training.train_network", "a logistic regression over extracted features"),
        "bilstm": ("models.training.train_network", "a BiLSTM over extracted features"),
        "lstm": ("models.training.train_network", "an LSTM over features of frames, such as faces"),
        "cnn": ("models.training.train_network", "convolutions in time over features of frames, such as MFCC"),
        "attention": ("models.training.train_network", "a transformer over extracted features of several modalities"),
        "fusion": ("models.training.fusion.train", "exponents of the pool, from a labelled run"),
        "prior": ("models.training.fusion.prior", "what a labelled run tells of the classes of a label space"),
    },
    "evaluate": {
        "text": ("models.evaluation.text", "the text head's figures on a labelled csv"),
        "speech": ("models.evaluation.speech", "the speech head's figures on labelled recordings"),
        "face": ("models.evaluation.face", "the face head's figures on labelled pictures"),
        "fusion": ("models.evaluation.fusion", "the pool's figures on clips whose modalities were judged apart"),
    },
    "saliency": {
        "face": (
            "models.evaluation.saliency",
            "where on a face its expression lies, if that beats chance",
        ),
        "time": ("models.evaluation.saliency_time", "when in a clip the face's and the voice's answers lie"),
    },
    "tune": {
        kind: ("models.training.tune", f"search the knobs of `train {kind}`")
        for kind in ("logreg", "bilstm", "lstm", "cnn", "attention")
    },
    "convert": {
        "r1-omni": ("models.r1omni.convert", "the Qwen2 part of R1-Omni, for a stock vLLM server"),
    },
    "extract": {
        "speech": ("models.features.speech", "features of a data set's voices, for training"),
        "mfcc": ("models.features.mfcc", "cepstra of a data set's voices, frame by frame"),
        "face": ("models.features.face", "features of a data set's faces"),
        "body": ("models.features.body", "features of a data set's shoulders and hands"),
        "text": ("models.features.text", "features of a data set's words"),
    },
}
"""Verb → what → (module with `configure` and `run`, help)."""
SINGLE: Mapping[str, tuple[str, str]] = {
    "serve": ("models.omni.server.serve", "an omni model on vLLM, until interrupted"),
    "list": ("models.hub.inventory", "every provider and its state"),
    "check": ("models.hub.inventory", "exit code 2 unless what a profile needs is whole"),
    "cut": ("models.features.cut", "clips out of longer recordings, as a table names them"),
    "predict": ("models.evaluation.predict", "a trained head on extracted features, with ablations"),
    "import-checkpoint": ("models.training.import_checkpoint", "weights of the published BiLSTM recipe as a head"),
}
"""Verb → (module, help)."""


FULL_PACKAGES = ("torch", "transformers", "funasr", "faster_whisper", "ctranslate2", "opencc", "openai")
"""What `requirements/models.txt` brings beside the light core."""


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit code (2 when something is not usable)."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(prog="python -m models", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb, (name, text) in SINGLE.items():
        single = verbs.add_parser(verb, help=text, description=text)
        if words[:1] == [verb]:
            importlib.import_module(name).configure(single)
    for verb, targets in GROUPS.items():
        group = verbs.add_parser(verb, help=", ".join(targets)).add_subparsers(dest="what", required=True)
        for what, (name, text) in targets.items():
            target = group.add_parser(what, help=text, description=text)
            if words[:2] == [verb, what]:  # only the chosen module is imported
                importlib.import_module(name).configure(target)
    flags = parser.parse_args(words)
    module_name = GROUPS[flags.verb][flags.what][0] if flags.verb in GROUPS else SINGLE[flags.verb][0]
    try:
        refuse_undecodable(words)
        code = int(importlib.import_module(module_name).run(flags))
        sys.stdout.flush()
        return code
    except HarnessFault as fault:
        print(f"error: {fault}{in_chinese(str(fault))}", file=sys.stderr)
    except ModuleNotFoundError as missing:
        package = (missing.name or "").split(".")[0]
        if package in ("", "models", "harness", "eval"):
            raise
        card = "requirements/models.txt" if package in FULL_PACKAGES else "requirements/embedded.txt"
        print(f"error: {flags.verb} needs the package {package} (pip install -r {card})", file=sys.stderr)
    except BrokenPipeError:
        return end_without_reader()
    except OSError as fault:
        print(f"error: {fault} (check the path, the rights and the free space)", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
