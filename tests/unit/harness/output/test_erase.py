"""After `erase` no file names the clip or holds its words, and the other clips are as they were."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.config import Config, load_profile, make_config
from harness.faults import ConfigError
from harness.output.export import export
from harness.output.old_records import old_records, remove
from harness.records.store import Store, exclusive
from harness.records.types import Clip, Record, Segment, Transcript
from harness.service.erase import erase_everywhere
from harness.service.jobs import JobFolders

NAMES = ("1.mp4", "11.mp4", "a", "a.b", "a.mp4", "=甲 乙.mp4", "v/1.mp4", "long" * 80 + ".mp4")


def transcript(words: str) -> Transcript:
    return Transcript((Segment(words, 0.0, 1.0),), "en", "en", None, "a file")


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A run over `NAMES`, as far as erasing looks at it."""
    folders = {key: tmp_path / key for key in ("models_dir", "test_data", "results", "supplements")}
    config = make_config(load_profile("embedded"), profile="embedded", **folders)
    clips = [Clip(name, f"data/{name}", f"{number:064d}", 1) for number, name in enumerate(NAMES)]
    records = {}
    for store in (Store(config.records), Store(config.supplements / "records.20260101T000000Z")):
        for clip in clips:
            words = f"words of <{clip.id}> here"
            records[clip.id] = {
                "transcribe": store.put(Record("transcribe", clip.id, "p", "f", "ok", transcript(words)))
            }
            store.attachment("speech", clip.id, "embedding").parent.mkdir(exist_ok=True)
            store.attachment("speech", clip.id, "embedding").write_bytes(b"x")
    export(config, clips, records)
    head = "2026-01-01T00:00:00Z INFO "
    lines = [f"{head}[{n}/8] {clip.id}: NEUT (ok, 1.000 s)\n" for n, clip in enumerate(clips, 1)]
    lines += [f"{head}clips          1 in 1.0 s\n{clip.id}  NEUT\nhe says: words of this one\n" for clip in clips]
    (config.supplements / "run.log").write_text("".join(lines), encoding="utf-8")
    manifest = {"run": {"errors": {name: "why" for name in NAMES}, "warnings": [f"{name}: odd" for name in NAMES]}}
    manifest["run"] |= {"note": None, "clips": [{"id": name, "path": name} for name in NAMES]}
    (config.supplements / "run_manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (config.supplements / ".seal.json").write_text("{}", encoding="utf-8")
    return config


def contents(config: Config, but: str) -> dict[Path, bytes]:
    """Every file, without the lines that are about one clip."""
    found = {}
    for folder in (config.results, config.supplements):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.name not in (".lock", ".seal.json", "run_manifest.json"):
                found[path] = path.read_bytes()
    return found


@pytest.mark.parametrize("clip", NAMES)
def test_nothing_of_the_clip_is_left_and_all_of_the_others(config: Config, clip: str) -> None:
    before = contents(config, clip)
    assert erase_everywhere(clip, config.supplements, config.results, config.supplements / "service", dry_run=True) == 0
    assert contents(config, clip) == before
    assert (
        erase_everywhere(clip, config.supplements, config.results, config.supplements / "service", dry_run=False) == 0
    )
    after = contents(config, clip)
    words = f"words of <{clip}> here"
    assert [path for path, content in after.items() if words in content.decode()] == []
    rows = (config.results / "combined_results.csv").read_text("utf-8")
    assert f"\n{clip}," not in rows
    log = (config.supplements / "run.log").read_text("utf-8")
    for other in NAMES:
        if other != clip:
            assert f"\n{other}," in rows
            assert f"[{NAMES.index(other) + 1}/8] {other}:" in log or other == f"v/{clip}"
            assert f"words of <{other}> here" in (config.supplements / "transcription_log.txt").read_text("utf-8")
            assert Store(config.records).get("transcribe", other) is not None
            assert Store(config.records).attachment("speech", other, "embedding").is_file()
    assert Store(config.records).get("transcribe", clip) is None
    assert len(before) - len(after) == 5  # record and array, twice, and the story
    manifest = json.loads((config.supplements / "run_manifest.json").read_text("utf-8"))["run"]
    assert set(manifest["errors"]) == {one["id"] for one in manifest["clips"]} == set(NAMES) - {clip}
    assert manifest["note"] is None and f"{clip}: odd" not in manifest["warnings"]
    assert not (config.supplements / ".seal.json").exists()
    with pytest.raises(ConfigError, match="no trace"):
        erase_everywhere(clip, config.supplements, config.results, config.supplements / "service", dry_run=False)


def test_named_runs_and_jobs_of_the_service(config: Config, tmp_path: Path) -> None:
    named = Store(config.supplements / "second" / "records")
    named.put(Record("transcribe", "1.mp4", "p", "f", "ok", transcript("x")))
    folders = JobFolders(tmp_path / "service", iter(["a" * 32, "b" * 32, "c" * 32, "d" * 32]).__next__)
    for name in ("1.mp4", "2.mp4"):
        with folders.incoming() as folder:
            folders.admit(folder, folders.new(name, "2026-01-01"))
    with exclusive(config.supplements / "second"), pytest.raises(ConfigError, match="another run"):
        erase_everywhere("1.mp4", config.supplements, config.results, tmp_path / "service", dry_run=False)
    assert erase_everywhere("1.mp4", config.supplements, config.results, tmp_path / "service", dry_run=False) == 0
    assert named.get("transcribe", "1.mp4") is None
    assert [job.name for job in folders.recent(9)] == ["2.mp4"]


def test_a_file_that_cannot_be_rewritten_is_named(config: Config, capsys: pytest.CaptureFixture[str]) -> None:
    (config.supplements / "notes.html").write_text("about a.mp4.", encoding="utf-8")
    service = config.supplements / "service"
    assert erase_everywhere("a.mp4", config.supplements, config.results, service, dry_run=False) == 1
    assert "notes.html" in capsys.readouterr().out


def test_old_records_are_told_and_removed_on_request(config: Config) -> None:
    store = Store(config.records)
    store.put(Record("media", "gone.mp4", "p", "f", "ok", None))
    store.attachment("speech", "gone.mp4", "embedding").write_bytes(b"x")
    torn = store.path("media", "1.mp4")
    torn.write_bytes(b"{")
    assert store.get("media", "1.mp4") is None
    found = {path.name for path in old_records(config.supplements)}
    assert found == {"records.20260101T000000Z", "gone.mp4.json", "gone.mp4.embedding.npy", "1.mp4.json.set-aside"}
    assert remove(old_records(config.supplements)) > 0
    assert old_records(config.supplements) == []
    assert store.get("transcribe", "1.mp4") is not None
    with pytest.raises(ConfigError, match="no finished run"):
        old_records(config.test_data)
