"""The service as a real process: equal to the driver, no clip at another's cost, nothing lost."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.media_clips import tone, write_clip, write_wav
from tests.support.needs import needs
from tests.support.run_command import run, submission
from tests.support.served import Served

needs("cv2")
needs("fastapi")
SPOKEN = "demo_en_angry"


@pytest.fixture(scope="module")
def served(root: Path, models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    server = Served(root, tmp_path_factory.mktemp("service") / "data", "--max-megabytes", "2", "--max-seconds", "20")
    yield server
    server.close()


def clip_of(root: Path, name: str) -> tuple[str, bytes]:
    return name, (root / "Test_Data" / name).read_bytes()


def records_below(supplements: Path) -> dict[str, Any]:
    """Every record but for the seconds that it took."""
    found = {}
    for path in (supplements / "records").glob("*/*.json"):
        record = json.loads(path.read_text("utf-8"))
        del record["seconds"]
        found[str(path.relative_to(supplements))] = record
    return found


@pytest.mark.parametrize("sample_frames", [None, 16])
def test_a_clip_has_the_records_that_the_driver_gives_it(
    served: Served, root: Path, tmp_path: Path, sample_frames: int | None
) -> None:
    clip, words = clip_of(root, f"{SPOKEN}.mp4"), clip_of(root, f"{SPOKEN}.txt")
    more = {} if sample_frames is None else {"sample_frames": str(sample_frames)}
    answer = served.post("/v1/infer?wait=true", file=clip, transcript=words, language="en", **more)
    assert answer.status == 200, answer.body
    job = answer.json
    folder = tmp_path / "clips" / "en"
    folder.mkdir(parents=True)
    for suffix in (".mp4", ".txt"):
        shutil.copy(root / "Test_Data" / (SPOKEN + suffix), folder)
    flags = [] if sample_frames is None else ["--set", f"media.max_frames={sample_frames}"]
    done = run(root, tmp_path / "clips", tmp_path / "out", *flags)
    assert done.returncode == 0, done.stderr
    ours = served.data / "jobs" / job["id"]
    assert records_below(ours / "supplements") == records_below(tmp_path / "out" / "supplements")
    assert (ours / "results" / "combined_results.csv").read_bytes() == (
        tmp_path / "out" / "results" / "combined_results.csv"
    ).read_bytes()
    assert job["result"]["label"] == submission(tmp_path / "out")[f"{SPOKEN}.mp4"]
    assert {stage["name"] for stage in job["stages"]} == {
        path.parent.name for path in (ours / "supplements").glob("records/*/*.json")
    }


def test_predict_says_label_probabilities_contributions_and_reasons(served: Served, root: Path) -> None:
    said = served.post("/infer/predict", file=clip_of(root, "demo_zh_mute.mp4")).json
    assert sum(said["probabilities"].values()) == pytest.approx(1.0)
    assert said["label"] == max(said["probabilities"], key=said["probabilities"].get)
    assert said["status"] == "partial" and "audio" in said["reason"]
    assert "speech" in {missing["stage"] for missing in said["missing"]} and said["reasoning"]


def test_events_tell_every_stage_and_end(served: Served, root: Path) -> None:
    job = served.post("/v1/infer", file=clip_of(root, "demo_zh_sad.mp4"))
    assert job.status == 202 and job.headers["location"] == f"/v1/jobs/{job.json['id']}"
    stream = served.get(f"/v1/jobs/{job.json['id']}/events")
    assert stream.headers["content-type"].startswith("text/event-stream")
    told = [json.loads(line[6:]) for line in stream.body.decode().splitlines() if line.startswith("data: ")]
    assert told[-1]["state"] == "finished" and told[-1]["progress"] == 1.0
    assert [one["progress"] for one in told] == sorted(one["progress"] for one in told)
    story = served.get(f"/v1/jobs/{job.json['id']}/story").json
    assert story["schema"] == "story/1" and story["prediction"]["label"] == told[-1]["result"]["label"]


def test_what_is_no_clip_is_told_by_its_content_and_costs_nothing_else(served: Served, root: Path) -> None:
    good = clip_of(root, f"{SPOKEN}.mp4")[1]
    for name, content in (
        ("a.mp4", b"hello" * 100),
        ("empty.mp4", b""),
        ("page.mp4", b"#EXTM3U\nfile:///etc/passwd\n"),
    ):
        answer = served.post("/v1/infer", file=(name, content))
        assert answer.status == 415 and answer.headers["content-type"] == "application/problem+json"
        assert answer.json["remedy"] and answer.json["status"] == 415 and str(served.data) not in answer.json["detail"]
    torn = served.post("/v1/infer/predict", file=("torn.mp4", good[: len(good) // 2]))
    assert torn.status in (200, 415)
    told = served.post("/v1/infer?wait=true", file=("no_suffix", good)).json
    assert told["name"] == "no_suffix.mp4" and told["result"]["probabilities"]


def test_limits_on_bytes_and_seconds(served: Served, tmp_path: Path) -> None:
    big = served.post("/v1/infer", file=("big.mp4", b"\0" * 2_100_000))
    assert big.status == 413 and "2 MB" in big.json["detail"]
    long = write_clip(tmp_path / "long.m4a", (), [tone(25, amplitude=0.1)])
    answer = served.post("/v1/infer", file=("long.m4a", long.read_bytes()))
    assert answer.status == 413 and "20 s" in answer.json["detail"]
    huge = served.ask("POST", "/v1/infer", b"x", {"Content-Length": "900000000", "Content-Type": "multipart/form-data"})
    assert huge.status == 413
    assert list((served.data / "incoming").iterdir()) == []


def test_a_form_that_does_not_fit_names_the_field(served: Served, root: Path) -> None:
    clip = clip_of(root, f"{SPOKEN}.mp4")
    for parts in ({"language": "fr"}, {"sample_frames": "2"}, {"profile": "full"}):
        answer = served.post("/v1/infer", None, file=clip, **parts)
        assert answer.status == 422 and answer.json["remedy"], answer.body
    assert served.post("/v1/infer").json["detail"].startswith("file")
    assert served.get("/v1/jobs/" + "0" * 32).status == 404
    assert served.get("/v1/jobs/..%2f..%2fetc").status == 404


def test_a_live_window_is_judged_and_a_false_one_is_refused(served: Served, tmp_path: Path) -> None:
    sound = ("s.wav", write_wav(tmp_path / "s.wav", tone(2.5, 150.0, rate=16_000)).read_bytes())
    begun = served.post("/v1/live/begin").json
    assert "python -m models fetch words" in begun["no_words"]
    times = {"session": begun["session"], "start": "1.0", "end": "3.5"}
    judged = served.post("/v1/live/window", None, sound=sound, **times)
    assert judged.status == 200, judged.body
    assert (judged.json["start"], judged.json["end"], judged.json["label_space"]) == (1.0, 3.5, "sentiment5")
    assert {missing["stage"] for missing in judged.json["missing"]} >= {"transcribe", "face"}
    picture = ("p.jpg", b"no picture")
    for parts in (
        {"sound": ("s.wav", b"RIFF")},
        {"sound": sound, "pictures": picture},
        {"sound": sound, "pictures": picture, "times": "[0.5]"},
        {"sound": sound, "end": "60"},
    ):
        answer = served.post("/v1/live/window", None, **{**times, **parts})
        assert answer.status == 422 and answer.json["remedy"], answer.body
    assert served.post("/v1/live/window", None, sound=sound, **times).status == 200
    assert served.post("/v1/live/words", None, sound=sound, **times).status == 409
    assert served.post("/v1/live/window", None, sound=sound, **{**times, "session": "0" * 32}).status == 404


def test_erasing_leaves_nothing(served: Served, root: Path) -> None:
    job = served.post("/v1/infer?wait=true", file=clip_of(root, "demo_zh_mute.mp4")).json
    assert served.ask("DELETE", f"/v1/jobs/{job['id']}").status == 204
    assert served.get(f"/v1/jobs/{job['id']}").status == 404
    left = [path for path in served.data.rglob("*") if job["id"] in str(path)]
    assert left == []


def test_other_hosts_and_other_sites_are_refused(served: Served) -> None:
    assert served.get("/health", Host="evil.example").status == 421
    assert served.ask("DELETE", "/v1/jobs/" + "0" * 32, headers={"Origin": "http://evil.example"}).status == 403
    assert served.ask("POST", "/v1/infer", b"", {"Sec-Fetch-Site": "cross-site"}).status == 403
    answer = served.get("/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy


def test_kill_9_loses_nothing(root: Path, models: Path, tmp_path: Path) -> None:
    server = Served(root, tmp_path / "data")
    try:
        first = server.post("/v1/infer?wait=true", file=clip_of(root, "demo_zh_mute.mp4")).json
        names = ("demo_en_happy.mp4", "demo_zh_sad.mp4")
        begun = [server.post("/v1/infer", file=clip_of(root, name)).json["id"] for name in names]
    finally:
        server.kill()
    stored = [json.loads((tmp_path / "data" / "jobs" / job / "job.json").read_text("utf-8")) for job in begun]
    assert [job["state"] for job in stored] != ["finished", "finished"]
    (tmp_path / "data" / "incoming" / "half").mkdir()
    server = Served(root, tmp_path / "data")
    try:
        assert server.get(f"/v1/jobs/{first['id']}").json["result"] == first["result"]
        assert [server.finished(job)["state"] for job in begun] == ["finished", "finished"]
        assert list((tmp_path / "data" / "incoming").iterdir()) == []
    finally:
        server.close()


def test_a_full_queue_says_when_to_come_again(root: Path, models: Path, tmp_path: Path) -> None:
    server = Served(root, tmp_path / "data", "--queue", "1", "--set", "workers=1")
    try:
        answers = [server.post("/v1/infer", file=clip_of(root, "demo_zh_mute.mp4")) for _ in range(4)]
        statuses = [answer.status for answer in answers]
        assert statuses[0] == 202 and 429 in statuses
        refused = answers[statuses.index(429)]
        assert int(refused.headers["retry-after"]) >= 1 and refused.json["remedy"]
        for answer in answers:
            if answer.status == 202:
                assert server.finished(answer.json["id"])["state"] == "finished"
    finally:
        server.close()


TOKEN = "a-token-of-thirty-two-characters"


def test_a_token_is_asked_for_once_it_is_set(root: Path, models: Path, tmp_path: Path) -> None:
    server = Served(root, tmp_path / "data", "--token-env", "SERVICE_TOKEN", SERVICE_TOKEN=TOKEN)
    try:
        assert server.get("/v1/jobs").status == 401
        assert server.get("/v1/jobs", Authorization="Bearer wrong").status == 401
        assert server.get("/v1/jobs", Authorization=f"Bearer {TOKEN}").status == 200
        assert server.get("/health").status == 200 and server.get("/").status == 200
        assert server.post("/v1/session", token="guess").status == 401
        opened = server.post("/v1/session", token=TOKEN)
        cookie = opened.headers["set-cookie"]
        assert "HttpOnly" in cookie and "SameSite=strict" in cookie and TOKEN not in cookie
        assert server.get("/v1/jobs", Cookie=cookie.split(";")[0]).status == 200
    finally:
        server.close()


def test_a_run_is_watched(root: Path, models: Path, tmp_path: Path) -> None:
    clips = tmp_path / "clips"
    clips.mkdir()
    shutil.copy(root / "Test_Data" / "demo_zh_mute.mp4", clips)
    assert run(root, clips, tmp_path / "out").returncode == 0
    server = Served(root, tmp_path / "data", "--watch", str(tmp_path / "out" / "supplements"))
    try:
        state = server.get("/v1/watch").json
        assert state["complete"] and (state["begun"], state["finished"]) == (1, 1)
        assert state["clips"][0]["id"] == "demo_zh_mute.mp4"
        assert state["clips"][0]["label"] == submission(tmp_path / "out")["demo_zh_mute.mp4"]
        assert b"demo_zh_mute.mp4" in server.get("/v1/watch/page/").body
        (tmp_path / "out" / "supplements" / "records" / "fuse" / "demo_zh_mute.mp4.json").unlink()
        state = server.get("/v1/watch").json
        assert not state["complete"] and state["finished"] == 0 and state["clips"][0]["stage"] == "evidence"
    finally:
        server.close()
