"""`python -m models cut`: clips out of longer recordings, as a table names them, such as OMG-Emotion's utterances.

Pictures and sound are decoded and encoded anew (H.264, AAC), so that a clip begins and ends where the table says, not
at key frames. What is there already is not cut again; a clip is written whole or not at all.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from harness.faults import ClipError, ConfigError
from harness.inputs.kinds import is_clip
from harness.inputs.orientation import orientation_of
from harness.inputs.table import numbers_in, read_rows
from harness.records.atomic import write_atomic
from harness.records.numbers import MOST_SECONDS, Number

SUFFIX = ".mp4"
QUALITY = "18"
"""x264's constant rate factor: hardly told from what it is made of."""
SECONDS = Number(0, MOST_SECONDS)
FASTEST = Fraction(60)


@dataclass(frozen=True)
class Piece:
    """One clip to be cut: where it goes, out of what, from when to when, s."""

    name: str
    source: Path
    start: float
    end: float


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's flags."""
    parser.add_argument("--data", type=Path, required=True, metavar="FILE.csv", help="a row for each clip to be cut")
    parser.add_argument("--recordings", type=Path, required=True, metavar="DIR", help="where the recordings lie")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="for DIR/RECORDING/NAME.mp4")
    columns = (("source", "video", "the recording, without its ending"), ("name", "utterance", "the clip"))
    for name, usual, text in (*columns, ("start", "start", "seconds"), ("end", "end", "seconds")):
        parser.add_argument(f"--{name}-column", default=usual, metavar="NAME", help=f"{text} (default: {usual})")


def run(args: argparse.Namespace) -> int:
    """Cut what is not there yet; 0 when every clip is there, 3 when some could not be cut."""
    pieces = read_pieces(args)
    left = [piece for piece in pieces if not (args.out / piece.name).is_file()]
    failed = 0
    for piece in left:
        try:
            cut(piece, args.out / piece.name)
        except (ClipError, OSError, ValueError) as error:  # av's errors are OSError or ValueError
            failed += 1
            print(f"{piece.name}: not cut: {error}", file=sys.stderr)
    done = len(left) - failed
    print(f"{len(pieces)} clips: {done} cut, {len(pieces) - len(left)} there already, {failed} failed → {args.out}")
    return 3 if failed else 0


def read_pieces(args: argparse.Namespace) -> list[Piece]:
    """The rows as pieces. ConfigError for times that are none, or for a name that two rows have or that is no name."""
    columns = [getattr(args, f"{name}_column") for name in ("source", "name", "start", "end")]
    rows = read_rows(args.data, *columns)
    source, name = columns[:2]
    starts, ends = (numbers_in(args.data, rows, column, SECONDS) for column in columns[2:])
    there = {path.stem: path for path in sorted(args.recordings.rglob("*")) if is_clip(path.name)}
    pieces: dict[str, Piece] = {}
    for line, (row, start, end) in enumerate(zip(rows, starts, ends, strict=True), 2):
        stem = row[name] if not is_clip(row[name]) else Path(row[name]).stem
        if end <= start or not stem or any("/" in part or part in ("", ".", "..") for part in (row[source], stem)):
            raise ConfigError(
                f"{args.data}, row {line}: {row[source]} {stem} {start:g}–{end:g} s is no clip",
                "names without folders, and an end behind the start",
            )
        target = f"{row[source]}/{stem}{SUFFIX}"
        if target in pieces:
            raise ConfigError(f"{args.data}, row {line}: {target} stands twice", "give each clip a name of its own")
        recording = there.get(Path(row[source]).stem if is_clip(row[source]) else row[source])
        pieces[target] = Piece(target, recording or args.recordings / row[source], start, end)
    return list(pieces.values())


def cut(piece: Piece, target: Path) -> None:
    """Write a clip. ClipError when the recording is not there, or holds nothing between start and end."""
    import av

    if not piece.source.is_file():
        raise ClipError(f"there is no recording {piece.source}", "put it there under the name that the table has")
    buffer = io.BytesIO()
    with av.open(str(piece.source)) as container:
        zero = (container.start_time or 0) / av.time_base
        with av.open(buffer, "w", format="mp4") as out:
            tracks = [_Track(out, stream, piece) for stream in _streams(container)]
            container.seek(int((zero + max(0.0, piece.start - 1)) * av.time_base))
            for packet in container.demux([track.stream for track in tracks]):
                track = next(one for one in tracks if one.stream is packet.stream)
                for frame in packet.decode():
                    track.take(frame, zero)
                if all(one.over for one in tracks):
                    break
            for track in tracks:
                track.finish()
    if not any(track.taken for track in tracks):
        raise ClipError(
            f"nothing of {piece.source.name} lies between {piece.start:g} and {piece.end:g} s", "check its times"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(target, buffer.getvalue())


def _streams(container: Any) -> Iterator[Any]:
    """The first picture track and the first sound track."""
    for streams in (container.streams.video, container.streams.audio):
        yield from streams[:1]


class _Track:
    """Takes the frames of one track that lie within the piece, and encodes them."""

    def __init__(self, out: Any, stream: Any, piece: Piece) -> None:
        import av

        self.stream, self.over, self.taken = stream, False, 0
        self._out, self._piece = out, piece
        self._resampler = None
        if stream.type == "video":
            rate = min(Fraction(stream.average_rate or 25), FASTEST)
            self._made = out.add_stream("libx264", rate=rate, options={"crf": QUALITY, "preset": "veryfast"})
            self._made.width, self._made.height = (side // 2 * 2 for side in (stream.width, stream.height))
            self._made.pix_fmt, self._made.time_base = "yuv420p", Fraction(1, 90_000)
            self._made.codec_context.time_base = Fraction(1, 90_000)
        else:
            self._made = out.add_stream("aac", rate=stream.rate)
            self._resampler = av.AudioResampler(format="fltp", layout=stream.layout, rate=stream.rate)

    def take(self, frame: Any, zero: float) -> None:
        """Encode a frame, if it lies within the piece."""
        if frame.pts is None:
            return
        at = float(frame.pts * frame.time_base) - zero
        self.over = at >= self._piece.end
        if self.over or at < self._piece.start - 1e-6:
            return
        self.taken += 1
        if self._resampler is None:
            if turned := orientation_of(frame).described():
                raise ClipError(f"its picture is stored turned ({turned})", "export it upright first")
            made = frame.reformat(self._made.width, self._made.height, "yuv420p")
            made.pts, made.time_base = round((at - self._piece.start) * 90_000), Fraction(1, 90_000)
            self._write(made)
            return
        frame.pts = round((at - self._piece.start) * frame.sample_rate)
        frame.time_base = Fraction(1, frame.sample_rate)
        for made in self._resampler.resample(frame):
            self._write(made)

    def finish(self) -> None:
        """Write what the encoder still holds."""
        if not self.taken:
            return
        if self._resampler is not None:
            for made in self._resampler.resample(None):
                self._write(made)
        self._write(None)

    def _write(self, frame: Any) -> None:
        for packet in self._made.encode(frame):
            self._out.mux(packet)
