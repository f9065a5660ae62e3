"""`python -m eval claims` on a written run: rates, records, and the evidence reasoner's own phrases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from eval.__main__ import main
from eval.claims import claims
from eval.stories.read import read_stories
from harness.judging.phrases import paragraph
from tests.support.stories import ITEMS, write_story


def test_all_of_the_reasoners_own_phrases_are_found_and_supported(tmp_path: Path) -> None:
    for language in ("zh", "en"):
        text = "\n".join(
            paragraph(language, modality, [item for item in ITEMS if item.modality == modality])
            for modality in ("text", "audio", "video")
        )
        write_story(tmp_path, f"{language}.mp4", text)
    for clip in claims.check(read_stories(tmp_path))["clips"]:
        assert [one for one in clip["checked"] if one["verdict"] != "supported"] == []
        assert clip["claims"] == len(ITEMS)


def test_rates_and_share_of_text(tmp_path: Path, capsys: Any) -> None:
    write_story(tmp_path, "a.mp4", "她说“我太开心了”。她的声音变大了。情绪积极。声音颤抖。她说“你给我滚出去”。")
    write_story(tmp_path, "b.mp4", "情绪是积极的。")
    out = tmp_path / "claims.json"
    assert main(["claims", str(tmp_path), "--json", str(out)]) == 0
    result = json.loads(out.read_text(encoding="utf-8"))
    assert result["schema"] == "claims/1"
    assert [result["rates"][verdict] for verdict in ("supported", "contradicted", "unverifiable")] == [2, 1, 1]
    assert result["rates"]["supported_of_verifiable"] == 2 / 3
    assert result["clips_without_claim"] == 1 and result["clips_with_contradicted"] == 1
    shares = {clip["id"]: clip["text_share"] for clip in result["clips"]}
    assert shares["b.mp4"] == 0.0 and 0.7 < shares["a.mp4"] < 1.0
    think = "她说“我太开心了”。她的声音变大了。情绪积极。声音颤抖。她说“你给我滚出去”。"
    for one in result["clips"][0]["checked"]:
        assert think[one["start"] : one["end"]] == one["text"]
    assert "contradicted: a.mp4: quote" in capsys.readouterr().out


def test_a_record_is_used_only_if_it_is_the_storys(tmp_path: Path) -> None:
    speech = {
        "speech": [{"start": 0.2, "end": 4.8}],
        "events": [{"kind": "higher", "start": 4.0, "end": 4.4, "delta": 4.0, "unit": "semitones", "z": 3.0}],
        "summary": {"snr_db": 30.0},
    }
    text = "她没有压低声音。"
    write_story(tmp_path, "a.mp4", text, {"speech": {"fingerprint": "f1", "data": speech}})
    write_story(tmp_path, "b.mp4", text, {"speech": {"fingerprint": "another", "data": speech}})
    verdicts = {c["id"]: c["checked"][0]["verdict"] for c in claims.check(read_stories(tmp_path))["clips"]}
    # The record lists every event, and none is softer; the story's own evidence has one of −6.4 dB.
    assert verdicts == {"a.mp4": "supported", "b.mp4": "contradicted"}
