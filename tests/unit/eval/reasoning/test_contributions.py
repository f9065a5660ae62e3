"""Measured contributions are summarised, claimed ones are read, and the two stay apart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eval.__main__ import main
from eval.claims.contribution_claims import claimed_by


@pytest.mark.parametrize(
    ("text", "main", "percent"),
    [
        ("I judge this mainly by her voice.", "audio", {}),
        ("The facial expression is the decisive cue.", "video", {}),
        ("The strongest evidence comes from the words she uses.", "text", {}),
        ("Text contributes 60%, audio 30% and video 10%.", "text", {"text": 60.0, "audio": 30.0, "video": 10.0}),
        ("I give 50% weight to the voice and 50% to the face.", "", {"audio": 50.0, "video": 50.0}),
        ("判断主要依据语音。", "audio", {}),
        ("表情贡献最大。", "video", {}),
        ("权重：文本占40.5%，语音占35%，画面占24.5%。", "text", {"text": 40.5, "audio": 35.0, "video": 24.5}),
        ("The followed face found in 100 % of the frames.", "", {}),
        ("Her voice is loud and her face is tense.", "", {}),
        ("“It is mainly your voice” is what she says.", "", {}),
        ("Not available: words. 缺少：声音。", "", {}),
    ],
)
def test_claims_about_modalities(text: str, main: str, percent: dict[str, float]) -> None:
    found = claimed_by(text)
    assert (found.main, dict(found.percent)) == (main, percent)


def write(run: Path, clip: str, language: str, values: dict[str, float], think: str, **parts: Any) -> None:
    story: dict[str, Any] = {
        "schema": "story/1",
        "clip": {"id": clip},
        "language": language,
        "answer": {"label": "SPOS"},
        "attribution": {"label": "SPOS", "values": values},
        "reasoning": {"text": f"<think>{think}</think><answer>SPOS</answer>"},
    }
    story |= parts
    (run / "video_emotion_results").mkdir(exist_ok=True)
    (run / "video_emotion_results" / f"{clip}.json").write_text(json.dumps(story), encoding="utf-8")


def test_summary(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "a.mp4", "en", {"text": 0.4, "audio": 0.1}, "Mainly her words.")
    write(tmp_path, "b.mp4", "en", {"text": 0.2, "audio": 0.1, "video": -0.1}, "Mainly her voice.")
    write(tmp_path, "c.mp4", "zh", {"audio": 0.3}, "情绪积极。")
    write(tmp_path, "d.mp4", "zh", {}, "情绪积极。")
    for number in range(4):
        write(tmp_path, f"e{number}.mp4", "", {"text": 0.3}, "")
    out = tmp_path / "out.json"
    assert main(["contributions", str(tmp_path), "--json", str(out)]) == 0
    result = json.loads(out.read_text(encoding="utf-8"))
    assert result["without_attribution"] == 1
    everything, english = result["groups"][0], next(g for g in result["groups"] if g["name"] == "en")
    assert everything["measured"]["text"]["n"] == 6 and everything["measured"]["text"]["mean"] == pytest.approx(0.3)
    assert 0.2 <= everything["measured"]["text"]["low"] < everything["measured"]["text"]["high"] <= 0.4
    assert everything["measured"]["video"]["low"] is None
    assert english["measured"]["text"]["share"] == pytest.approx((0.8 + 0.5) / 2)
    assert everything["claimed"]["main"] == {"text": 1, "audio": 1, "video": 0}
    assert (everything["named_is_largest"]["count"], everything["named_is_largest"]["n"]) == (1, 2)
    printed = capsys.readouterr().out
    assert printed.index("measured on the fused") < printed.index("claimed by the texts")
    again = tmp_path / "again.json"
    main(["contributions", str(tmp_path), "--json", str(again)])
    assert again.read_bytes() == out.read_bytes()


def test_a_story_whose_values_are_no_numbers_is_left_out_by_name(tmp_path: Path) -> None:
    write(tmp_path, "a.mp4", "en", {"text": 0.4}, "Mainly her words.")
    write(tmp_path, "b.mp4", "en", {"text": 10**400}, "Mainly her words.")
    out = tmp_path / "out.json"
    assert main(["contributions", str(tmp_path), "--json", str(out)]) == 0
    told = json.loads(out.read_text(encoding="utf-8"))
    assert told["stories"] == 1 and [problem["file"] for problem in told["unreadable"]] == ["b.mp4.json"]


def test_asking_again_stands_apart_from_the_fused_decision(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def again(values: dict[str, float], label: str = "SPOS") -> dict[str, Any]:
        return {"label": label, "method": "leave-one-out by asking the omni model again", "values": values}

    write(
        tmp_path,
        "a.mp4",
        "en",
        {"text": 0.4, "audio": 0.1},
        "Mainly her words.",
        reask=again({"text": 0.1, "audio": 0.3}),
    )
    for number in range(5):
        write(
            tmp_path,
            f"b{number}.mp4",
            "zh",
            {},
            "判断主要依据语音。",
            reask=again({"audio": 0.1 * number, "text": -0.01}),
        )
    write(tmp_path, "c.mp4", "zh", {}, "Mainly her face.", reask=again({"video": 0.5}, "SNEG"))
    write(tmp_path, "d.mp4", "zh", {"text": 0.2}, "")
    out = tmp_path / "out.json"
    assert main(["contributions", str(tmp_path), "--json", str(out)]) == 0
    result = json.loads(out.read_text(encoding="utf-8"))
    everything, chinese = result["groups"][0], next(g for g in result["groups"] if g["name"] == "zh")
    assert (result["reasked"], result["reask_methods"]) == (7, ["leave-one-out by asking the omni model again"])
    assert everything["measured"]["text"]["n"] == 2 and everything["measured"]["text"]["mean"] == pytest.approx(0.3)
    assert everything["reasked"]["text"]["n"] == 6 and everything["reasked"]["audio"]["mean"] == pytest.approx(1.3 / 6)
    assert chinese["reasked"]["audio"]["low"] < 0.2 < chinese["reasked"]["audio"]["high"]
    assert everything["named_is_largest"]["n"] == 1 and everything["named_is_largest"]["count"] == 1
    # The voice is largest in all b's, and in a, whose text names the words; c explains another label than its answer.
    hit = everything["named_is_largest_reasked"]
    assert (hit["count"], hit["n"]) == (5, 6)
    printed = capsys.readouterr().out
    assert (
        printed.index("measured on the fused") < printed.index("measured on the model's own") < printed.index("claimed")
    )


def test_a_run_without_asking_again_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, "a.mp4", "en", {"text": 0.4}, "")
    assert main(["contributions", str(tmp_path)]) == 0
    assert "by asking the model again: not in this run" in capsys.readouterr().out
