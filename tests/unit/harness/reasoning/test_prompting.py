"""What an omni model is asked about a clip, and what becomes of its answer. The model here follows a rule."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from harness.config import load_profile, make_config
from harness.context import Context
from harness.engine.decide import chosen_prompt, deciding_stages
from harness.engine.pipeline import judged_in_threads
from harness.engine.runner import run_clip
from harness.faults import ClipError, ConfigError, StageUnavailable
from harness.lazy import Lazy
from harness.output.export import story_of
from harness.records.store import Store
from harness.records.types import Clip, Record
from harness.records.verdicts import Reply
from models.base import ProviderSpec
from tests.support.perceived import CLIP, OneWordReader, perceived, stored
from tests.support.rule_reasoner import MEDIA, SHARE, Rule, config, judged


def test_the_answer_enters_the_pool_with_the_models_own_probabilities(tmp_path: Path) -> None:
    rule = Rule()
    records = judged(tmp_path, rule)
    assert [record.outcome for record in records.values()] == ["ok"] * 12
    (request,) = rule.asked
    assert request.heard == ("text", "audio", "video")
    assert request.answers == ("SNEG", "WNEG", "NEUT", "WPOS", "SPOS")
    assert request.language == "zh"
    assert "我很 生气" in request.messages[-1]["content"]
    prediction = records["fuse"].data
    assert prediction["sources"]["answer"] == pytest.approx([0.9, 0.025, 0.025, 0.025, 0.025])
    assert prediction["weights"]["answer"] == pytest.approx(0.6 / 0.9)  # the face gave no opinion
    assert prediction["label"] == "SNEG"


def test_new_weights_do_not_ask_the_model_again(tmp_path: Path) -> None:
    rule = Rule()
    judged(tmp_path, rule)
    judged(tmp_path, rule, "fuse.weights.answer=0.9")
    assert len(rule.asked) == 1
    judged(tmp_path, rule, "omni.prompt=clmer-en")
    assert len(rule.asked) == 2
    assert rule.asked[1].language == "en"


def test_the_heads_argument_is_evidence_in_the_question_over_what_may_be_looked_at(tmp_path: Path) -> None:
    rule = Rule()
    judged(tmp_path, rule, "attribute.by=omni-loo", "omni.prompt=clmer-en")
    questions = {request.heard: request.messages[-1]["content"] for request in rule.asked}
    whole = questions["text", "audio", "video"]
    assert "[Measured argument]: small classifiers, each over one modality, no language model among them." in whole
    assert "Words alone SNEG (0.50)" in whole and "for it “生气”" in whole and "Voice alone" in whole
    for heard, question in questions.items():
        argued = question.partition("[Measured argument]")[2].partition("\n")[0]
        assert ("Words" in argued, "Voice" in argued) == ("text" in heard, "audio" in heard)


def test_another_pool_does_not_change_the_question(tmp_path: Path) -> None:
    rule = Rule()
    judged(tmp_path, rule)
    judged(tmp_path, rule, "fuse.strategy=weighted_average", "fuse.weights.audio=0.9")
    assert len(rule.asked) == 1


@pytest.mark.parametrize(("reply", "steps", "against"), [("SNEG", 0, []), ("WPOS", 3, ["text", "audio"])])
def test_the_answer_is_kept_beside_the_measurement(tmp_path: Path, reply: str, steps: int, against: list[str]) -> None:
    records = judged(tmp_path, Rule(reply=f"<think>r</think><answer>{reply}</answer>"))
    beside = records["parse"].data["measured"]
    assert (beside["label"], beside["steps"], beside["against_answer"]) == ("SNEG", steps, against)
    assert beside["with_answer"] == ([] if against else ["text", "audio"])
    assert beside["probability"] == pytest.approx(records["argue"].data["probability"])
    story = story_of(CLIP, records, tmp_path)
    assert story["answer"]["measured"] == beside and story["reasoning"]["argument"]["label"] == "SNEG"


def test_an_answer_without_label_or_measurement_is_compared_with_nothing(tmp_path: Path) -> None:
    assert judged(tmp_path / "a", Rule(reply="<answer>banana</answer>"))["parse"].data["measured"] is None
    gone = {name: stored(name, "absent", None, "nothing") for name in ("transcribe", "speech", "face")}
    silent = judged(tmp_path / "b", Rule(), records=perceived(media=stored("media", "ok", MEDIA), **gone))
    assert silent["parse"].data["measured"] is None
    assert "Measured argument" not in str(silent["reason"].data["messages"])


def test_an_unreadable_answer_leaves_a_partial_prediction_of_the_rest(tmp_path: Path) -> None:
    records = judged(tmp_path, Rule(reply="<think>so</think><answer>banana</answer>"))
    prediction = records["fuse"].data
    assert (prediction["label"], prediction["status"]) == ("SNEG", "partial")
    assert "answer: unparsed: not in the label set: banana" in prediction["reason"]
    assert "answer" not in prediction["sources"]
    assert records["reason"].data["text"] == "<think>so</think><answer>banana</answer>"


@pytest.mark.parametrize(
    "fault", [ClipError("a.mp4: no reply", "ask again"), StageUnavailable("no server", "start it")]
)
def test_an_unanswered_question_is_an_error_of_this_clip_and_tried_again(tmp_path: Path, fault: Exception) -> None:
    rule = Rule(fails=fault)
    records = judged(tmp_path, rule)
    assert records["reason"].outcome == "error"
    prediction = records["fuse"].data
    assert prediction["status"] == "partial"
    assert prediction["sources"].keys() == {"text", "audio"}
    assert f"answer: {records['reason'].reason}" in prediction["reason"]
    rule.fails = None
    again = judged(tmp_path, rule)
    assert again["reason"].outcome == "ok"
    assert again["fuse"].data["sources"].keys() == {"text", "audio", "answer"}


def test_a_run_that_cannot_go_on_says_so_and_records_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no model"):
        judged(tmp_path, Rule(fails=ConfigError("no model", "fetch it")))
    assert Store(tmp_path).get("reason", CLIP.id) is None
    assert Store(tmp_path).get("evidence", CLIP.id) is not None


def test_samples_are_put_to_the_vote(tmp_path: Path) -> None:
    others = tuple(Reply(f"<think>{i}</think><answer>WNEG</answer>", "stop") for i in range(2))
    records = judged(tmp_path, Rule(others=others, gives_probabilities=False))
    answer = records["parse"].data
    assert (answer["label"], answer["votes"]) == ("WNEG", {"SNEG": 1, "WNEG": 2})
    assert records["fuse"].data["sources"]["answer"][1] == pytest.approx(0.8)


def test_a_model_that_looks_needs_no_opinion_of_the_heads(tmp_path: Path) -> None:
    gone = {name: stored(name, "absent", None, "nothing") for name in ("transcribe", "speech", "face")}
    rule = Rule()
    records = judged(tmp_path, rule, records=perceived(media=stored("media", "ok", MEDIA), **gone))
    assert rule.asked[0].heard == ("audio", "video")
    prediction = records["fuse"].data
    assert (prediction["label"], prediction["status"]) == ("SNEG", "partial")
    assert prediction["weights"] == {"answer": 1.0}


def test_asking_again_gives_exact_shapley_values(tmp_path: Path) -> None:
    rule = Rule()
    records = judged(tmp_path, rule, "attribute.by=omni")
    again = records["reask"].data
    assert again["values"] == pytest.approx(SHARE)  # the rule is additive
    assert (again["empty"], again["full"]) == pytest.approx((0.2, 0.9))
    assert sum(again["values"].values()) == pytest.approx(again["full"] - again["empty"])
    assert len(again["subsets"]) == 8
    assert len(rule.asked) == 8  # the full question is not asked twice
    assert {"+".join(r.heard) for r in rule.asked} == again["subsets"].keys()
    media_of = [tuple(m for m in r.heard if m != "text") for r in rule.asked]
    assert sum(a != b for a, b in zip(media_of, media_of[1:], strict=False)) == 3  # the same media stand together
    assert story_of(CLIP, records, tmp_path)["reask"]["method"].startswith("exact Shapley by asking")


def test_leave_one_out_asks_three_times_more(tmp_path: Path) -> None:
    rule = Rule()
    again = judged(tmp_path, rule, "attribute.by=omni-loo")["reask"].data
    assert again["values"] == pytest.approx(SHARE)
    assert again["empty"] is None
    assert len(rule.asked) == 4


def test_without_probabilities_the_share_of_the_samples_counts(tmp_path: Path) -> None:
    others = (Reply("<think>x</think><answer>NEUT</answer>", "stop"),)
    again = judged(tmp_path, Rule(others=others, gives_probabilities=False), "attribute.by=omni-loo")["reask"].data
    assert again["full"] == 0.5


def test_the_reasoning_cut_short(tmp_path: Path) -> None:
    rule = Rule(reply="<think>one two three four</think><answer>SNEG</answer>")
    other = tmp_path / "other.csv"
    other.write_text("ID,Translation\na.mp4,一二三\n", encoding="utf-8")
    overrides = ("attribute.early_answers=true", f"attribute.translations={other}")
    found = judged(tmp_path, rule, *overrides)["early"].data
    assert rule.thought == ["", "one", "one two", "one two three", "one two three four", "一二三"]
    assert found["lengths"] == [0, 3, 7, 13, 18]
    assert [p[0] for p in found["probabilities"]] == pytest.approx([0.2, 0.23, 0.27, 0.33, 0.38])
    assert found["translation"][0] == pytest.approx(0.23)
    other.write_text("ID,Translation\na.mp4,一二三四\n", encoding="utf-8")
    assert judged(tmp_path, rule, *overrides)["early"].data["translation"][0] == pytest.approx(0.24)
    silent = Rule(gives_probabilities=False)
    assert judged(tmp_path / "silent", silent, *overrides)["early"].outcome == "absent"


@pytest.mark.parametrize("setting", ["attribute.by=omni", "attribute.early_answers=true"])
def test_asking_again_needs_a_model(setting: str) -> None:
    folders = {key: Path(key) for key in ("models_dir", "test_data", "results", "supplements")}
    settings = make_config(load_profile("embedded", [setting]), profile="embedded", **folders)
    specs = {name: ProviderSpec(name, "fake", "t", Rule) for name in ("text", "reason")}
    with pytest.raises(ConfigError, match="needs an omni model"):
        deciding_stages(settings, specs, Lazy(Rule))


def test_threads_judge_while_clips_still_come_in() -> None:
    first_is_judged = threading.Event()

    def clips() -> Any:
        yield Clip("a", "a", "", 1)
        assert first_is_judged.wait(5)  # would hang if judging waited for all clips
        yield Clip("b", "b", "", 1)

    def judge(clip: Clip) -> tuple[Clip, dict[str, Record]]:
        first_is_judged.set()
        return clip, {}

    assert sorted(clip.id for clip, _ in judged_in_threads(clips(), judge, 4)) == ["a", "b"]


def test_a_fault_in_a_thread_ends_the_run() -> None:
    def judge(clip: Clip) -> tuple[Clip, dict[str, Record]]:
        raise ConfigError("no server starts")

    with pytest.raises(ConfigError, match="no server"):
        list(judged_in_threads([Clip("a", "a", "", 1)], judge, 4))


def test_a_thing_is_made_once_by_whoever_comes_first() -> None:
    made = []
    lazy = Lazy(lambda: made.append(1) or len(made))
    threads = [threading.Thread(target=lazy) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (lazy(), lazy.made) == (1, 1)


def test_a_failed_making_is_not_tried_again() -> None:
    tries = []

    def fail() -> int:
        tries.append(1)
        raise ConfigError("broken")

    lazy = Lazy(fail)
    for _ in range(2):
        with pytest.raises(ConfigError):
            lazy()
    assert (len(tries), lazy.made) == (1, None)


def test_a_resumed_run_has_nothing_left_to_ask(tmp_path: Path) -> None:
    rule = Rule()
    records = judged(tmp_path, rule, "attribute.by=omni")
    specs = {"text": ProviderSpec("text", "fake", "t", OneWordReader), "reason": ProviderSpec("reason", "x", "r", Rule)}
    stages = deciding_stages(config("attribute.by=omni"), specs, Lazy(Rule))
    store = Store(tmp_path)
    context = Context(CLIP, None, {name: records[name] for name in ("media", "transcribe", "speech", "face")})
    run_clip(stages, context, store)
    assert context.records["reask"].digest == records["reask"].digest
    assert len(rule.asked) == 8


def test_a_question_of_ones_own_asks_the_model_again(tmp_path: Path) -> None:
    rule = Rule()
    judged(tmp_path, rule)
    judged(tmp_path, rule, 'omni.instruct="Is it ironic: yes or no?"')
    assert len(rule.asked) == 2
    assert "Is it ironic: yes or no?" in rule.asked[1].messages[-1]["content"]
    assert rule.asked[0].prompt_sha256 != rule.asked[1].prompt_sha256


def test_a_question_of_ones_own_needs_a_model(tmp_path: Path) -> None:
    settings = load_profile("embedded", ["omni.instruct=why?"])
    folders = {"models_dir": tmp_path, "test_data": tmp_path, "results": tmp_path, "supplements": tmp_path}
    with pytest.raises(ConfigError, match="needs an omni model"):
        chosen_prompt(make_config(settings, profile="embedded", **folders))
