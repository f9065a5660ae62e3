"""Nets from outside as sources of the pool: weighed, attributed, argued, told, and written like the modalities."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from eval.reasoning.explanation import check_story
from eval.report.judgement import judgement
from eval.stories.read import Story
from harness.context import Context
from harness.engine.outside import notes_on_files, plugin_stages
from harness.engine.runner import run_stage
from harness.faults import Absent, ConfigError
from harness.output.export import row_of, story_of
from harness.records.labels import SENTIMENT5, SPACES
from harness.records.types import Clip, Media, Opinion, Record
from models import registry
from models.base import ProviderSpec
from tests.support.fakes import no_decode
from tests.support.perceived import CLIP, SPEECH, perceived, stored
from tests.unit.harness.engine.test_decide import config, decide

GLAD = "ID,SNEG,WNEG,NEUT,WPOS,SPOS\na.mp4,.01,.01,.03,.15,.8\n"


def given(folder: Path, text: str = GLAD, name: str = "net") -> str:
    (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return f"opinions.{name}.file={folder / name}.csv"


def test_a_source_is_pooled_weighed_attributed_argued_and_told(tmp_path: Path) -> None:
    records = decide(tmp_path / "s", perceived(), given(tmp_path), "fuse.weights.net=2.0")
    prediction, argument = records["fuse"].data, records["argue"].data
    assert prediction["label"] == argument["label"] == "SPOS"
    assert prediction["weights"] == pytest.approx({"text": 0.6 / 2.8, "audio": 0.2 / 2.8, "net": 2 / 2.8})
    attribution = records["attribute"].data
    assert sum(attribution["values"].values()) == pytest.approx(attribution["full"] - attribution["empty"])
    assert max(attribution["values"], key=attribution["values"].get) == argument["decided_by"] == "net"
    assert len(attribution["subsets"]) == 8 and "text+audio+net" in attribution["subsets"]
    assert {flip["modality"] for flip in argument["flips"]} >= {"net"}
    reasoning = records["reason"].data
    told = {"zh": reasoning["text"], **reasoning["told"]}
    assert "the outside net net carries that judgement" in told["en"] and "主要依据是外部模型 net" in told["zh"]
    row = row_of(CLIP, records, "", SENTIMENT5, ("net",))
    assert float(row["contribution_net"]) == pytest.approx(attribution["values"]["net"], abs=1e-6)
    assert float(row["p_net_SPOS"]) == pytest.approx(0.8)


def test_the_page_and_the_checks_know_the_source(tmp_path: Path) -> None:
    records = decide(tmp_path / "s", perceived(), given(tmp_path), "fuse.weights.net=2.0")
    story = Story(tmp_path / "story.json", story_of(CLIP, records, tmp_path))
    found = judgement(story)
    assert found is not None and found["by"] == "net" and "the outside net net decides it" in found["sentence"]["en"]
    assert not any(check_story(story).results.values())


def test_without_a_weight_it_weighs_as_much_as_a_modality_on_average(tmp_path: Path) -> None:
    records = decide(tmp_path / "s", perceived(), given(tmp_path))
    usual = (0.6 + 0.2 + 0.2) / 3
    assert records["fuse"].data["weights"]["net"] == pytest.approx(usual / (0.6 + 0.2 + usual))


@pytest.mark.parametrize(
    "strategy",
    ["log_pool", "joint", "ordinal", "weighted_average", "confidence_based", "temporal_weighted", "hierarchical"],
)
def test_every_strategy_hears_it(tmp_path: Path, strategy: str) -> None:
    without = decide(tmp_path / "a", perceived(), f"fuse.strategy={strategy}")
    with_it = decide(tmp_path / "b", perceived(), f"fuse.strategy={strategy}", given(tmp_path))
    before, after = without["fuse"].data["probabilities"], with_it["fuse"].data["probabilities"]
    assert after[4] > before[4] and after[0] < before[0]
    assert {record.outcome for record in with_it.values()} == {"ok"}
    flip = next((one for one in with_it["argue"].data["flips"] if one["modality"] == "net"), None)
    assert (flip is None) == (strategy == "weighted_average")
    if flip is None:
        return
    p = dict(zip(SENTIMENT5.labels, (0.01, 0.01, 0.03, 0.15, 0.8), strict=True))
    moved = {label: (1 - flip["amount"]) * p[label] + flip["amount"] * (label == flip["to"]) for label in p}
    row = "a.mp4," + ",".join(str(value) for value in moved.values())
    told = given(tmp_path, GLAD.splitlines()[0] + "\n" + row + "\n")
    flipped = decide(tmp_path / "c", perceived(), f"fuse.strategy={strategy}", told)
    assert flipped["fuse"].data["label"] == flip["label"]


def test_late_fusion_of_two_nets_is_what_public_projects_compute(tmp_path: Path) -> None:
    labels = SPACES["ravdess8"].labels
    video, audio = (0.05, 0.05, 0.3, 0.1, 0.2, 0.1, 0.1, 0.1), (0.4, 0.1, 0.1, 0.1, 0.05, 0.05, 0.1, 0.1)
    head = "ID," + ",".join(labels)
    records = decide(
        tmp_path / "s",
        perceived(),
        given(tmp_path, f"{head}\na,{','.join(map(str, video))}\n", "their_video"),
        given(tmp_path, f"{head}\na,{','.join(map(str, audio))}\n", "their_audio"),
        "label_space=ravdess8",
        "fuse.emotions.strategy=weighted_average",
        "fuse.emotions.weights={text: 0, audio: 0, video: 0, their_video: 0.7, their_audio: 0.3}",
    )
    late = [0.7 * v + 0.3 * a for v, a in zip(video, audio, strict=True)]
    assert records["fuse"].data["probabilities"] == pytest.approx(late, abs=1e-12)
    assert records["fuse"].data["label"] == labels[late.index(max(late))]


def test_late_fusion_of_our_own_voice_and_face(tmp_path: Path) -> None:
    records = decide(
        tmp_path / "s",
        perceived(),
        given(tmp_path, "ID,negative,neutral,positive\na,.2,.3,.5\n"),
        "label_space=polarity3",
        "fuse.strategy=weighted_average",
        "fuse.weights={text: 0, audio: 0.3, video: 0.0, net: 0.7}",
    )
    voice = SPEECH.opinion
    assert voice is not None
    late = [0.3 * v + 0.7 * n for v, n in zip(voice.probabilities, (0.2, 0.3, 0.5), strict=True)]
    assert records["fuse"].data["probabilities"] == pytest.approx(late)


def test_a_clip_without_a_row_is_partial_and_says_so(tmp_path: Path) -> None:
    records = decide(tmp_path / "s", perceived(), given(tmp_path, GLAD.replace("a.mp4", "b.mp4")))
    assert records["opinion-net"].outcome == "absent"
    assert records["fuse"].data["status"] == "partial"
    assert "net: net.csv has no row for it" in records["fuse"].data["reason"]
    assert records["argue"].data["weight_missing"] > 0.2


def test_emotions_hear_what_names_emotions_and_not_what_tells_sentiment(tmp_path: Path) -> None:
    fer = "ID,angry,disgust,fear,happy,neutral,sad,surprise\na.mp4,0,0,0,1,0,0,0\n"
    records = decide(tmp_path / "s", perceived(), given(tmp_path, fer, "seen"), given(tmp_path))
    felt = records["emotions"].data
    assert felt["by_modality"]["seen"][1] == 1 and "net" not in felt["by_modality"]
    assert felt["missing"]["net"] == "its labels, of sentiment5, do not lead to emotion7"
    assert records["fuse"].data["sources"].keys() >= {"seen", "net"}


def test_a_changed_row_redoes_what_rests_on_it_and_asks_no_model_again(tmp_path: Path) -> None:
    first = decide(tmp_path / "s", perceived(), given(tmp_path))
    again = decide(tmp_path / "s", perceived(), given(tmp_path, GLAD + "c.mp4,1,0,0,0,0\n"))
    other = decide(tmp_path / "s", perceived(), given(tmp_path, GLAD.replace(".8", ".7")))
    assert again["fuse"].fingerprint == first["fuse"].fingerprint
    assert other["fuse"].fingerprint != first["fuse"].fingerprint
    assert other["evidence"].fingerprint == first["evidence"].fingerprint, "what an omni model is asked from"


def test_a_file_of_other_clips_ends_the_run_before_it_begins(tmp_path: Path) -> None:
    settings = config(given(tmp_path))
    assert notes_on_files(settings, [CLIP]) == []
    more = [CLIP, Clip("z.mp4", "/z.mp4", "s", 1)]
    assert notes_on_files(settings, more) == ["net: net.csv says nothing usable of 1 clips, such as z.mp4"]
    with pytest.raises(ConfigError, match="a clip: z.mp4; an ID: a.mp4"):
        notes_on_files(settings, more[1:])


# ── plug-ins ──────────────────────────────────────────────────────────────────────────────────────────────
class Length:
    """A net that knows nothing but a clip's name."""

    def __init__(self, glad: float) -> None:
        self.glad = glad

    def judge(self, clip: Clip, media: Media) -> Opinion:
        if "silent" in clip.id:
            raise Absent("nothing for it")
        return Opinion("polarity3", ("negative", "neutral", "positive"), (1 - self.glad, 0.0, self.glad))


def spec(settings: dict[str, object]) -> ProviderSpec:
    from functools import partial

    return ProviderSpec("opinion", "length", str(settings["glad"]), partial(Length, float(str(settings["glad"]))))


def plugged(monkeypatch: pytest.MonkeyPatch, glad: float) -> dict[str, ProviderSpec]:
    point = EntryPoint("length", f"{__name__}:spec", registry.PLUGINS)
    monkeypatch.setattr(registry, "entry_points", lambda group: [point] if group == registry.PLUGINS else [])
    table = {"mine": {"provider": "length", "glad": glad}, "written": {"file": "x.csv"}}
    return dict(registry.choose({"opinions": table}, Path("models"), ["opinions"]))


def judged_by(specs: dict[str, ProviderSpec], clip: Clip = CLIP) -> Record:
    (stage,) = plugin_stages(specs, SENTIMENT5, "media", lambda clip: clip.sha256)
    return run_stage(stage, Context(clip, no_decode, {"media": stored("media", "ok", {})}))


def test_a_plug_in_is_found_by_its_entry_point_and_judges(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    record = judged_by(plugged(monkeypatch, 0.9))
    assert (record.stage, record.provider, record.outcome) == ("opinion-mine", "length", "ok")
    assert judged_by(plugged(monkeypatch, 0.9), Clip("silent.mp4", "/s", "s", 1)).outcome == "absent"
    heard = perceived(**{"opinion-mine": record})
    records = decide(tmp_path, heard, "opinions.mine={provider: length, glad: 0.9}", "fuse.weights.mine=5")
    assert records["fuse"].data["label"] in ("WPOS", "SPOS")


def test_a_plug_in_that_says_nonsense_costs_its_opinion(monkeypatch: pytest.MonkeyPatch) -> None:
    record = judged_by(plugged(monkeypatch, 1.5))
    assert record.outcome == "error" and "no distribution over polarity3" in record.reason


def test_a_plug_in_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "entry_points", lambda group: [])
    with pytest.raises(ConfigError, match="install the package"):
        registry.choose({"opinions": {"x": {"provider": "length"}}}, Path("models"), ["opinions"])
