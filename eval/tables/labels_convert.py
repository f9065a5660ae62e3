"""`labels convert`: a dataset's own labels → one label file, `ID,Label,Score,Emotion,Language,Speaker,Split,Text`.

`Label` follows a named rule (`--thresholds`):

* a rule of `harness.records.labels.THRESHOLDS` makes the five sentiment classes from `Score` (empty without a score);
* `polarity` makes negative / neutral / positive (label space polarity3) from `Emotion`. An emotion without a
  polarity of its own (surprise, boredom) leaves Label empty: nothing is made up;
* `intensity` makes the five classes from polarity and the acted strength (normal and low are weak, strong and high
  are strong); where the strength is not given or medium, Label stays empty unless the emotion is neutral;
* `own` keeps the classes of the dataset's own label column.

`ID` is the clip's file name; for data sets in folders (`Raw/video_0001/0001.mp4`) folder and name joined, as the run's
setting `ids` does it. `--ids` takes another form of that setting, or a folder of clips or a file with IDs: then the
form is the one that gives their IDs.

`Split` is the published one. Where there is none and all speakers are known, speakers are drawn into train, valid and
test (about 70, 15 and 15 % of the clips), none into two; `--split published` leaves it empty then.

An unknown code or label is an error with its file and line; then nothing is written.
"""

from __future__ import annotations

import argparse
import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from eval.datasets.base import Dataset, DatasetError, LabelRow
from eval.datasets.filenames import FILENAMES
from eval.datasets.pictures import PICTURE_SETS
from eval.datasets.tables import TABLES
from eval.errors import EvalError
from eval.tables import splits
from harness.faults import ConfigError
from harness.inputs.folder import list_folder
from harness.inputs.ids import CHOICES, FORMS, make_id, stem_of
from harness.inputs.table import read_ids
from harness.records.atomic import write_atomic
from harness.records.labels import EMOTION_POLARITY, POLARITY3, THRESHOLDS, emotion_stem, score_to_label

HEADER = ("ID", "Label", "Score", "Emotion", "Language", "Speaker", "Split", "Text")
DATASETS: Mapping[str, Dataset] = {**TABLES, **FILENAMES, **PICTURE_SETS}
RULES = ("own", "polarity", "intensity", *THRESHOLDS)
MOST_PROBLEMS = 50


def configure(parser: argparse.ArgumentParser) -> None:
    """Add `convert` and its arguments."""
    verbs = parser.add_subparsers(dest="labels_verb", required=True, metavar="VERB")
    layouts = "\n".join(f"  {d.name:8} {d.about}; rules: {', '.join(d.rules)}" for d in DATASETS.values())
    convert = verbs.add_parser(
        "convert",
        help="a dataset's own labels → one label file",
        description=__doc__,
        epilog=f"layouts:\n{layouts}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    convert.add_argument("--from", dest="dataset", required=True, choices=list(DATASETS), help="the dataset")
    convert.add_argument("source", type=Path, help="its label file, or the folder whose file names are the labels")
    convert.add_argument("out", type=Path, help="the label file to write")
    convert.add_argument(
        "--ids",
        default="auto",
        metavar="FORM|FOLDER|FILE",
        help=f"how ID is made: {', '.join(CHOICES)}; or like theirs",
    )
    convert.add_argument(
        "--thresholds", choices=RULES, default=None, help="how Label is made; default: the dataset's first rule"
    )
    convert.add_argument(
        "--split", choices=splits.CHOICES, default="speakers", help="where none is published: by speaker, or leave it"
    )


def run(args: argparse.Namespace) -> int:
    """Convert, print what was done. EvalError, and nothing written, when the source has problems."""
    dataset = DATASETS[args.dataset]
    rule = args.thresholds or dataset.rules[0]
    try:
        rows = convert(dataset, args.source, rule)
        if args.thresholds is None and rule in THRESHOLDS and all(row.score is None for row in rows):
            rule = dataset.rules[-1]
    except DatasetError as problem:
        remedy = "nothing was written: correct the source, or choose another --from or --thresholds"
        raise EvalError(str(problem), remedy) from problem
    rows, said = with_ids(rows, args.ids)
    rows, divided = splits.with_splits(rows, args.split, dataset.name)
    labels = [label_of(row, rule) for row in rows]
    write_labels(args.out, rows, labels)
    default = " (default)" if args.thresholds is None else ""
    print(f"{args.out}: {len(rows)} clips from {dataset.name}, thresholds {rule}{default}")
    counts = Counter(label or "(empty)" for label in labels)
    for line in filter(None, (said, divided)):
        print(f"  {line}")
    print("  " + ", ".join(f"{label} {count}" for label, count in sorted(counts.items())))
    differing = sum(
        1 for row, label in zip(rows, labels, strict=True) if row.own and label and row.own != label and rule != "own"
    )
    if differing:
        print(f"  {differing} clips carry another label in the source's own column; the rule above was followed")
    return 0


def convert(dataset: Dataset, source: Path, rule: str) -> list[LabelRow]:
    """All rows of a source, in its order.

    Equal rows (a copy of the files in a second folder) are one row.

    Raises:
        DatasetError: the source cannot be read, the rule does not fit the dataset, or rows have problems, each
            named with file and line (at most 50 are listed).
    """
    if rule not in dataset.rules:
        raise DatasetError(f"--thresholds {rule} does not fit {dataset.name}; it has: {', '.join(dataset.rules)}")
    if not source.exists():
        raise DatasetError(f"{source}: no such file or folder")
    if source.is_dir() and dataset.name in TABLES:
        raise DatasetError(f"{source}: a folder; {dataset.name} needs its label file ({dataset.about})")
    rows: dict[str, LabelRow] = {}
    problems: list[str] = []
    for found in dataset.read(source):
        if isinstance(found, DatasetError):
            problems.append(str(found))
        elif found.id in rows and not _same(rows[found.id], found):
            problems.append(f"{found.place}: {found.id} has other labels than at {rows[found.id].place}")
        else:
            rows.setdefault(found.id, found)
    if problems:
        more = [f"… and {len(problems) - MOST_PROBLEMS} more"] if len(problems) > MOST_PROBLEMS else []
        raise DatasetError("\n".join(problems[:MOST_PROBLEMS] + more))
    if not rows:
        raise DatasetError(f"{source.name}: no rows below the header")
    return list(rows.values())


def with_ids(rows: Sequence[LabelRow], wanted: str) -> tuple[list[LabelRow], str]:
    """The rows with their IDs in another form, and what was done, in words.

    Args:
        rows: as the data set gives them.
        wanted: `auto` (leave them), a form of the run's setting `ids`, a folder of clips, or a file with IDs.

    Raises:
        EvalError: no such form, folder or file; no form gives one of its IDs; or two rows get one ID.
    """
    if wanted == "auto":
        return list(rows), ""
    said = f"IDs are made by ids={wanted}"
    if wanted in FORMS:
        made = [make_id(_parts(row), wanted) for row in rows]
    else:
        made, said = _ids_like(rows, Path(wanted))
    twice = [name for name, count in Counter(made).items() if count > 1]
    if twice:
        raise EvalError(f"--ids {wanted}: {twice[0]} would be the ID of several clips", "choose a form with the folder")
    return [replace(row, id=name) for row, name in zip(rows, made, strict=True)], said


def _parts(row: LabelRow) -> tuple[str, ...]:
    return row.parts or (row.id,)


def _ids_like(rows: Sequence[LabelRow], source: Path) -> tuple[list[str], str]:
    """IDs in the form that gives the most of those in `source`, with the suffixes that these have."""
    try:
        theirs = [e.id for e in list_folder(source).entries] if source.is_dir() else read_ids(source)
    except ConfigError as fault:
        raise EvalError(f"--ids {source}: {fault.message}", fault.remedy) from None
    known, exact = {stem_of(name): name for name in theirs}, set(theirs)
    # Lists write 00001 for the clip 1.mp4, and the other way round.
    counts = Counter(map(_number, known))
    numbers = {_number(stem): name for stem, name in known.items() if counts[_number(stem)] == 1}

    def there(name: str) -> str | None:
        stem = stem_of(name)
        return known.get(stem) or numbers.get(_number(stem))

    def hits(form: str) -> tuple[int, int]:
        names = [make_id(_parts(row), form) for row in rows]
        return sum(there(name) is not None for name in names), sum(name in exact for name in names)

    best = max(FORMS, key=hits)
    made = [make_id(_parts(row), best) for row in rows]
    found = sum(there(name) is not None for name in made)
    if not found:
        example = theirs[0] if theirs else "no clip at all"
        raise EvalError(
            f"--ids {source}: no ID, however made, is there (made: {made[0]}; there: {example})", "check it"
        )
    said = f"IDs are made by ids={best}: {found} of {len(made)} are in {source.name}"
    return [there(name) or name for name in made], said


def _number(stem: str) -> str:
    """A number without leading zeros; anything else as it is."""
    return stem.lstrip("0") or "0" if stem.isdecimal() else stem


def _same(a: LabelRow, b: LabelRow) -> bool:
    return (a.own, a.score, a.emotion, a.intensity, a.text) == (b.own, b.score, b.emotion, b.intensity, b.text)


def label_of(row: LabelRow, rule: str) -> str:
    """Label of a row under a rule, empty where the rule cannot say (see the module's text)."""
    if rule == "own":
        return row.own
    if rule in THRESHOLDS:
        return "" if row.score is None else score_to_label(row.score, rule)
    polarity = _polarity(row.emotion)
    if polarity is None:
        return ""
    if rule == "intensity":
        return _strength(polarity, row.intensity)
    return POLARITY3.labels[polarity + 1]


def _polarity(emotion: str) -> int | None:
    """−1, 0, 1, or None for an emotion without a polarity (and for none at all)."""
    if not emotion:
        return None
    try:
        return EMOTION_POLARITY.get(emotion_stem(emotion))
    except KeyError:
        return None


def _strength(polarity: int, intensity: str) -> str:
    if polarity == 0:
        return "NEUT"
    pairs = {"weak": ("WNEG", "WPOS"), "strong": ("SNEG", "SPOS")}
    return pairs[intensity][polarity > 0] if intensity in pairs else ""


def write_labels(out: Path, rows: Sequence[LabelRow], labels: Sequence[str]) -> None:
    """Write the label file: UTF-8 without BOM, line feeds, one row per clip; all of it or nothing."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(HEADER)
    for row, label in zip(rows, labels, strict=True):
        score = "" if row.score is None else repr(row.score)
        text = " ".join(row.text.split())
        writer.writerow((row.id, label, score, row.emotion, row.language, row.speaker, row.split, text))
    write_atomic(out, buffer.getvalue().encode("utf-8"))
