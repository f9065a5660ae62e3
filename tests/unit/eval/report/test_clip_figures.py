"""Pictures of clips: written, the same for the same story, and drawn from hostile stories without harm."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eval.__main__ import main
from eval.claims.facts import Event
from eval.report.clip_figures import NAME_ROWS, NAME_WIDTH, clip_figure, fitted, named_places
from eval.scoring.fonts import fonts
from eval.stories.read import read_stories
from tests.support.stories import write_story

PNG = b"\x89PNG\r\n\x1a\n"


def test_one_picture_per_clip(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_story(tmp_path, "a.mp4", "她笑了。")
    write_story(tmp_path, "台词 b.mp4", "她笑了。")
    assert main(["report", str(tmp_path), "--figures"]) == 0
    pictures = sorted((tmp_path / "figures").iterdir())
    assert [path.name for path in pictures] == ["a.mp4.png", "台词 b.mp4.png"]
    assert all(path.read_bytes().startswith(PNG) for path in pictures)
    assert "2 pictures" in capsys.readouterr().out
    first = pictures[0].read_bytes()
    main(["report", str(tmp_path), "--figures"])
    assert pictures[0].read_bytes() == first


def test_empty_and_odd_stories_are_drawn(tmp_path: Path) -> None:
    folder = tmp_path / "video_emotion_results"
    folder.mkdir()
    odd = {"clip": {"id": r"$\frac{x}{$.mp4"}, "transcript": {"segments": [{"start": 0, "text": "$\\bad{"}, 3]}}
    (folder / "a.json").write_text(json.dumps({"schema": "story/1"} | odd), encoding="utf-8")
    (folder / "b.json").write_text(json.dumps({"schema": "story/1"}), encoding="utf-8")
    for story in read_stories(tmp_path).stories:
        assert clip_figure(story, fonts()).startswith(PNG)


def test_no_pictures_of_a_redacted_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_story(tmp_path, "a.mp4", "她笑了。")
    assert main(["report", str(tmp_path), "--figures", "--redact"]) == 2
    assert not (tmp_path / "figures").exists()
    assert "--redact" in capsys.readouterr().err


def test_names_of_events_never_overlap() -> None:
    events = [Event("mouth_corners_up", 0.15 * n, 0.15 * n + 0.1, 1.0, "") for n in range(24)]
    placed = named_places(events, 4.0)
    assert [event.start for event, _ in placed] == sorted(event.start for event in events)
    width = NAME_WIDTH * 4.0 * len("mouth_corners_up")
    for row in range(NAME_ROWS):
        lefts = [place[0] for _, place in placed if place is not None and place[1] == row]
        assert lefts and all(b - a >= width - 1e-9 for a, b in zip(lefts, lefts[1:], strict=False))
        assert max(lefts) + width <= 4.0 + 1e-9


@pytest.mark.parametrize(
    ("text", "units", "shown"), [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("今天有点累", 6, "今天…")]
)
def test_a_line_is_cut_to_its_room(text: str, units: float, shown: str) -> None:
    assert fitted(text, units) == shown
