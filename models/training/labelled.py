"""Extracted features and labels, joined by id: what a head over features is trained on."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.faults import ConfigError
from harness.inputs.table import read_rows
from models.features.table import About, read_about, read_arrays
from models.heads.files import Input

Features = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Labelled:
    """Clips with features and a label.

    Attributes:
        abouts: what the features are, one entry for each modality.
        ids: what the clips are called.
        clips: modality → array, for each clip; a modality may be absent.
        labels: one for each clip.
        groups: speaker or video of each clip.
        files: the labels and the shards, for the hash of the data.
        left_out: labelled clips without features.
    """

    abouts: tuple[About, ...]
    ids: tuple[str, ...]
    clips: tuple[Features, ...]
    labels: tuple[str, ...]
    groups: tuple[str, ...]
    files: tuple[Path, ...]
    left_out: int

    @property
    def inputs(self) -> tuple[Input, ...]:
        """What a head over these features reads."""
        return inputs_of(self.abouts)

    def take(self, rows: Sequence[int] | NDArray[np.intp]) -> Labelled:
        """Some of the clips."""
        return replace(
            self,
            ids=tuple(self.ids[i] for i in rows),
            clips=tuple(self.clips[i] for i in rows),
            labels=tuple(self.labels[i] for i in rows),
            groups=tuple(self.groups[i] for i in rows),
        )


def configure(parser: argparse.ArgumentParser) -> None:
    """The flags that name features and labels."""
    parser.add_argument("--features", type=Path, required=True, nargs="+", help="folders written by `models extract`")
    parser.add_argument("--labels", type=Path, required=True, help="csv with an id, a label and a group column")
    parser.add_argument("--id-column", default="path")
    parser.add_argument("--label-column", default="polarity")
    parser.add_argument("--group-column", default="speaker", help="speaker or video: never split")
    parser.add_argument("--language", choices=["zh", "en"], help="only rows of this language (column `language`)")
    parser.add_argument("--space", default="polarity3", help="name of the label space, for the record")
    parser.add_argument("--class-order", nargs="+", metavar="LABEL", help="the labels in order (default: sorted)")


def inputs_of(abouts: Sequence[About]) -> tuple[Input, ...]:
    """The features of several folders as inputs of a head."""
    return tuple(Input(a.modality, a.feature_key, len(a.names), a.granularity, a.rate) for a in abouts)


def read_features(folders: Sequence[Path]) -> tuple[tuple[About, ...], dict[str, Features]]:
    """What the folders hold, and id → modality → array. ConfigError when two folders hold the same modality."""
    abouts = tuple(read_about(folder) for folder in folders)
    names = [about.modality for about in abouts]
    if len(set(names)) != len(names):
        raise ConfigError(f"the folders hold {', '.join(names)}", "one folder of features for each modality")
    clips: dict[str, Features] = {}
    for about, folder in zip(abouts, folders, strict=True):
        for item, values in read_arrays(folder):
            clips.setdefault(item, {})[about.modality] = values
    return abouts, clips


def read_labelled(args: argparse.Namespace) -> Labelled:
    """Features and labels joined by id. ConfigError when nothing joins, or a column is missing."""
    rows = read_rows(args.labels)
    needed = {args.id_column, args.label_column, args.group_column} | ({"language"} if args.language else set())
    if not rows or needed - set(rows[0]):
        raise ConfigError(f"{args.labels} lacks {', '.join(sorted(needed - set(rows[0] if rows else ())))}", "--help")
    known = {
        row[args.id_column]: row
        for row in rows
        if row[args.label_column] and args.language in (None, row.get("language"))
    }
    abouts, clips = read_features(args.features)
    found = [item for item in clips if item in known]
    if not found:
        raise ConfigError("no id of the features has a label of that kind in the csv", "--id-column, --language")
    shards = [shard for folder in args.features for shard in sorted(folder.glob("shard-*.safetensors"))]
    return Labelled(
        abouts,
        tuple(found),
        tuple(clips[item] for item in found),
        tuple(known[item][args.label_column] for item in found),
        tuple(known[item][args.group_column] for item in found),
        (args.labels, *shards),
        len(known) - len(found),
    )


def class_order(data: Labelled, asked: Sequence[str] | None) -> tuple[str, ...]:
    """The labels in order. ConfigError when `asked` lacks one that occurs, or only one occurs."""
    labels = tuple(asked or sorted(set(data.labels)))
    if unknown := set(data.labels) - set(labels):
        raise ConfigError(f"labels that --class-order lacks: {', '.join(sorted(unknown))}", "name every label")
    if len(set(data.labels)) < 2:
        raise ConfigError(f"every clip is {data.labels[0]}", "labels of at least two kinds")
    return labels
