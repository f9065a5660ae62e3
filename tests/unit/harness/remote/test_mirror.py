from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from harness.faults import ConfigError
from harness.ingest import ingest
from harness.remote.mirror import mirrored, most_gb
from harness.remote.transfer import Companion
from tests.support.needs import needs

needs("fsspec")


@pytest.fixture
def flags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> argparse.Namespace:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    clips = tmp_path / "clips"
    clips.mkdir()
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        (clips / name).write_bytes(b"film " + name.encode())
    (clips / "a.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nhi\n", encoding="utf-8")
    (clips / "labels.csv").write_text("ID,Label\na.mp4,NEUT\n", encoding="utf-8")
    return argparse.Namespace(
        test_data=f"file://{clips}",
        results=f"file://{tmp_path}/results",
        supplements=f"file://{tmp_path}/supplements",
        submission_name="combined_results.csv",
        profile="embedded",
        fresh=False,
        limit=None,
        shard=None,
        ids=None,
        only=None,
        unfetched={},
    )


def works(flags: argparse.Namespace) -> int:
    """A run in short: what it finds is what it writes, record by record."""
    found = ingest(flags.test_data, flags.limit, shard=flags.shard, unfetched=flags.unfetched)
    for clip in found.clips:
        path = flags.supplements / "records" / "media" / f"{clip.id}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps([clip.sha256, clip.problem]), encoding="utf-8")
    (flags.supplements / "run_manifest.json").write_text("{}", encoding="utf-8")
    flags.results.mkdir(exist_ok=True)
    (flags.results / "combined_results.csv").write_text("ID,Label\n", encoding="utf-8")
    return 0


def test_without_urls_nothing_is_done(tmp_path: Path) -> None:
    flags = argparse.Namespace(test_data=tmp_path, results=tmp_path, supplements=tmp_path)
    assert mirrored(flags, lambda given: int(given is flags) + 6, ()) == 7


def test_a_run_reads_and_writes_where_it_is_told(
    flags: argparse.Namespace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results, supplements = flags.results, flags.supplements
    assert mirrored(flags, works, ()) == 0
    assert flags.unfetched == {}
    assert (flags.test_data / "labels.csv").is_file() and (flags.test_data / "a.srt").stat().st_size > 0
    assert (tmp_path / "results" / "combined_results.csv").is_file()
    there = sorted(path.name for path in (tmp_path / "supplements").rglob("*.json"))
    assert there == ["a.mp4.json", "b.mp4.json", "c.mp4.json", "run_manifest.json"]
    assert capsys.readouterr().out == f"sent to {supplements}\nsent to {results}\n"


def test_another_machine_goes_on_with_the_records(
    flags: argparse.Namespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = argparse.Namespace(**vars(flags))
    assert mirrored(flags, works, ()) == 0
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "other machine"))
    seen: list[list[str]] = []

    def look(given: argparse.Namespace) -> int:
        seen.append(sorted(path.name for path in (given.supplements / "records").rglob("*.json")))
        return 3

    assert mirrored(again, look, ()) == 3
    assert seen == [["a.mp4.json", "b.mp4.json", "c.mp4.json"]]


def test_a_shard_fetches_its_own_clips(flags: argparse.Namespace) -> None:
    flags.shard = (2, 3)
    assert mirrored(flags, works, ()) == 0
    sizes = {path.name: path.stat().st_size for path in flags.test_data.glob("*.mp4")}
    assert sizes == {"a.mp4": 0, "b.mp4": 10, "c.mp4": 0}
    assert [path.name for path in (flags.supplements / "records" / "media").iterdir()] == ["b.mp4.json"]


def test_a_clip_that_does_not_come_keeps_its_row_and_says_why(
    flags: argparse.Namespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = Companion.ask

    def lose(self: Companion, order: dict[str, object]) -> object:
        if order["do"] == "fetch":
            (tmp_path / "clips" / "b.mp4").unlink(missing_ok=True)
            (tmp_path / "clips" / "a.srt").unlink(missing_ok=True)
        return ask(self, order)

    monkeypatch.setattr(Companion, "ask", lose)
    url = flags.test_data
    assert mirrored(flags, works, ()) == 0
    told = {
        path.name: json.loads(path.read_text(encoding="utf-8"))[1]
        for path in (tmp_path / "supplements" / "records" / "media").iterdir()
    }
    assert set(told) == {"a.mp4.json", "b.mp4.json", "c.mp4.json"} and told["c.mp4.json"] == ""
    assert told["b.mp4.json"].startswith(f"{url}/b.mp4 could not be fetched: ")
    assert told["a.mp4.json"].startswith(f"{url}/a.srt could not be fetched: ")


def test_more_than_may_lie_here_is_refused(flags: argparse.Namespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_CACHE_GB", "0.00000001")
    with pytest.raises(ConfigError, match="10 GB|GB of them may lie on this machine") as caught:
        mirrored(flags, works, ())
    assert "--shard 1/" in caught.value.remedy
    for told in ("much", "nan", "0"):
        with pytest.raises(ConfigError, match=f"HARNESS_CACHE_GB is '{told}'"):
            most_gb(told)


def test_what_is_gone_from_the_store_goes_here_too(flags: argparse.Namespace, tmp_path: Path) -> None:
    again = argparse.Namespace(**vars(flags))
    assert mirrored(flags, works, ()) == 0
    (tmp_path / "clips" / "c.mp4").unlink()
    (tmp_path / "clips" / "b.mp4").write_bytes(b"another film")
    assert mirrored(again, works, ()) == 0
    assert sorted(path.name for path in again.test_data.glob("*.mp4")) == ["a.mp4", "b.mp4"]
    assert (again.test_data / "b.mp4").read_bytes() == b"another film"


def test_files_that_cannot_be_sent_are_an_error_and_stay(
    flags: argparse.Namespace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "results").write_text("in the way", encoding="utf-8")
    url = flags.results
    assert mirrored(flags, works, ()) == 1
    said = capsys.readouterr().err
    assert f"error: 1 files, such as {url}/combined_results.csv, were not sent" in said
    assert f"they lie in {flags.results}; check the URL" in said
    assert (flags.results / "combined_results.csv").is_file()


def test_records_of_a_run_that_ends_by_a_fault_are_sent(flags: argparse.Namespace, tmp_path: Path) -> None:
    def ends(given: argparse.Namespace) -> int:
        works(given)
        raise ConfigError("no more")

    with pytest.raises(ConfigError, match="no more"):
        mirrored(flags, ends, ())
    there = sorted(path.name for path in (tmp_path / "supplements").rglob("*.json"))
    assert there == ["a.mp4.json", "b.mp4.json", "c.mp4.json"]
