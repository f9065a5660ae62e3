from __future__ import annotations

from pathlib import Path

import pytest

from harness.faults import ConfigError
from harness.remote.objects import Objects
from harness.remote.transfer import GIVE_UP_AFTER, Companion, Sender, fetch, listed, read_index
from harness.remote.urls import below, is_url, place, work_folder

fsspec = pytest.importorskip("fsspec")


@pytest.fixture
def store(tmp_path: Path) -> str:
    folder = tmp_path / "store"
    (folder / "zh").mkdir(parents=True)
    (folder / "a.mp4").write_bytes(b"film a")
    (folder / "zh" / "b.mp4").write_bytes(b"film b")
    return f"file://{folder}"


def order(store: str, tmp_path: Path) -> dict[str, object]:
    folder, index = str(tmp_path / "here"), str(tmp_path / "here.json")
    return {"url": store, "folder": folder, "index": index, "files": listed({"url": store})}


def test_places() -> None:
    assert place("s3://bucket/clips/") == "s3://bucket/clips" and place("a/b") == Path("a/b")
    assert below("s3://b/r", "x") == "s3://b/r/x" and below("s3://b/r", "") == "s3://b/r"
    assert below(Path("r"), "x") == Path("r/x") and below(Path("r"), "") == Path("r")
    assert is_url("gs://x") and not is_url(Path("s3:/x")) and not is_url("a/b")


def test_work_lies_in_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path))
    assert work_folder("s3://a") == work_folder("s3://a") != work_folder("s3://b")
    assert work_folder("s3://a").parent == tmp_path


def test_what_is_here_is_not_fetched_again(store: str, tmp_path: Path) -> None:
    assert fetch(order(store, tmp_path)) == {}
    here = tmp_path / "here"
    assert (here / "a.mp4").read_bytes() == b"film a" and (here / "zh" / "b.mp4").read_bytes() == b"film b"
    (here / "a.mp4").write_bytes(b"FILM A")  # as long as before: known by its token, so it stays
    (tmp_path / "store" / "zh" / "b.mp4").write_bytes(b"another film b")
    assert fetch(order(store, tmp_path)) == {}
    assert (here / "a.mp4").read_bytes() == b"FILM A" and (here / "zh" / "b.mp4").read_bytes() == b"another film b"


def test_a_file_that_does_not_come_costs_no_other(store: str, tmp_path: Path) -> None:
    wanted = order(store, tmp_path)
    (tmp_path / "store" / "a.mp4").unlink()
    failed = fetch(wanted)
    assert list(failed) == ["a.mp4"] and failed["a.mp4"]
    assert (tmp_path / "here" / "zh" / "b.mp4").is_file()
    assert list(read_index(tmp_path / "here.json")) == ["zh/b.mp4"]
    assert not list((tmp_path / "here").glob(".tmp-*"))


def test_what_comes_shorter_than_it_is_does_not_count(store: str, tmp_path: Path) -> None:
    wanted = order(store, tmp_path)
    (tmp_path / "store" / "a.mp4").write_bytes(b"fil")
    assert fetch(wanted) == {"a.mp4": "3 bytes came of 6"}
    assert not (tmp_path / "here" / "a.mp4").exists()


def test_a_lost_connection_is_not_tried_for_every_clip(store: str, tmp_path: Path) -> None:
    files = {f"{number:04}.mp4": [1, "t"] for number in range(300)}
    failed = fetch({**order(store, tmp_path), "files": files})
    assert list(failed) == list(files) or set(failed) == set(files)
    assert sum("not tried" in why for why in failed.values()) >= 300 - GIVE_UP_AFTER - 16


def test_changed_files_are_sent_the_last_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, there, index = tmp_path / "out", tmp_path / "there", tmp_path / "sent.json"
    (folder / "records" / "media").mkdir(parents=True)
    for name in ("a.csv", "z.json", "records/media/x.json", ".lock", ".seal.json", ".tmp-1"):
        (folder / name).write_text(name, encoding="utf-8")
    sent: list[str] = []
    send = Objects.send

    def told(self: Objects, source: Path, name: str) -> None:
        sent.append(name)
        send(self, source, name)

    monkeypatch.setattr(Objects, "send", told)
    assert Sender(f"file://{there}", folder, index).send(last="a.csv") == {}
    assert sorted(sent[:-1]) == ["records/media/x.json", "z.json"] and sent[-1] == "a.csv"
    assert (there / "records" / "media" / "x.json").read_text(encoding="utf-8") == "records/media/x.json"
    (folder / "z.json").write_text("another", encoding="utf-8")
    assert Sender(f"file://{there}", folder, index).send() == {}
    assert sent[3:] == ["z.json"] and not list(there.rglob("*.part"))


def test_the_last_is_not_sent_when_others_were_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    for name in ("a.csv", "b.json"):
        (folder / name).write_text(name, encoding="utf-8")

    def refused(self: Objects, source: Path, name: str) -> None:
        raise PermissionError(f"no rights to {name}")

    monkeypatch.setattr(Objects, "send", refused)
    failed = Sender(f"file://{tmp_path}/there", folder, tmp_path / "sent.json").send(last="a.csv")
    assert failed == {"b.json": "no rights to b.json", "a.csv": "not tried, as files before it were not sent"}


def test_a_process_answers_a_fault_in_words_and_goes_on(root: Path, store: str) -> None:
    with Companion(root) as companion:
        with pytest.raises(ConfigError, match="^nosuch://bucket/x cannot be used") as caught:
            companion.ask({"do": "list", "url": "nosuch://bucket/x"})
        assert "requirements/remote.txt" in caught.value.remedy
        assert set(companion.ask({"do": "list", "url": store})) == {"a.mp4", "zh/b.mp4"}
