"""Run the whole test set: a folder of clips in, a submission with its supplements out.

Exit codes: 0 complete; 1 results could not be written; 2 bad configuration, or no server to be had (what is done is
kept); 3 complete, but more clips with errors than the budget allows; 130 interrupted (the same command resumes).
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from harness.inputs.run_names import run_name
from harness.records.numbers import AT_LEAST_ONE
from harness.remote.urls import below, place

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.config import Config
    from harness.engine.pipeline import Pipeline
    from harness.ingest import Ingested
    from harness.output.seal import Begun
    from harness.records.labels import LabelSpace

ROOT = Path(__file__).resolve().parent
READ_BESIDE = ("labels.csv", "about.json")
"""Files among the clips that the run reads itself: the true labels, and what the folder says of its clips."""


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line. Nothing heavy is imported before it has been read."""
    parser = argparse.ArgumentParser(description="Run the whole test set and write the submission.")
    parser.add_argument(
        "clip", nargs="?", type=Path, help="judge this one file; its results go to the subfolder `single`"
    )
    parser.add_argument("--test-data", type=place, help="folder of clips, or URL such as s3://… (default: Test_Data)")
    parser.add_argument("--results", type=place, help="where the submission goes (default: Test_Results)")
    parser.add_argument("--supplements", type=place, help="everything else (default: Test_Supplements)")
    parser.add_argument("--run", type=run_name, metavar="NAME", help="keep this run apart, in subfolders of the two")
    parser.add_argument("--profile", default="embedded", metavar="NAME|FILE", help="which models (default: embedded)")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="overrides",
        nargs="+",
        help="change settings of the profile, such as fuse.strategy=adaptive",
    )
    parser.add_argument(
        "--label-space",
        metavar="NAME|FILE.yaml",
        help="what the submission says: sentiment5 (default), polarity3, emotion7, mer6, dfew7, mafw11, ravdess8, or a "
        "file of your own",
    )
    parser.add_argument(
        "--opinions",
        action="append",
        default=[],
        metavar="NAME=FILE.csv",
        nargs="+",
        help="what a net of yours says: a csv with ID and probabilities in any known label space, pooled as a source",
    )
    parser.add_argument("--instruct", metavar="TEXT", help="a question of your own, put to the omni model besides")
    parser.add_argument("--omni-url", metavar="URL", help="ask this running server, or several: URL,URL")
    parser.add_argument(
        "--attribution",
        choices=("fuser", "omni", "omni-loo"),
        help="also ask the omni model with modalities withheld: all subsets, or leave-one-out",
    )
    parser.add_argument("--limit", type=AT_LEAST_ONE.parse, metavar="N", help="only the first N clips")
    parser.add_argument(
        "--engine", choices=("local", "ray"), help="where clips are perceived: here, or on a Ray cluster"
    )
    parser.add_argument(
        "--ray-address", metavar="HOST:PORT", help="of a running Ray cluster (default: one on this machine)"
    )
    parser.add_argument("--shard", metavar="I/N", help="every N-th clip from the I-th; `python -m harness merge` joins")
    parser.add_argument(
        "--ids", type=Path, metavar="FILE", help="a sample submission or label file: IDs are made like its"
    )
    parser.add_argument(
        "--only", type=Path, metavar="FILE", help="only the clips whose IDs stand in this csv, such as a label file"
    )
    parser.add_argument("--fresh", action="store_true", help="start over; the old records are moved aside")
    parser.add_argument("--max-errors", metavar="N|FRACTION", help="clips with errors that are still exit code 0")
    parser.add_argument("--submission-name", default="combined_results.csv", metavar="FILE.csv")
    parser.add_argument("--models-dir", type=Path, help="fetched models (default: checkpoints/, or $HARNESS_MODELS)")
    return with_places(parser, parser.parse_args(arguments))


def with_places(parser: argparse.ArgumentParser, flags: argparse.Namespace) -> argparse.Namespace:
    """The folders that the flags leave open. A single clip must not overwrite what a whole run wrote."""
    if flags.clip is not None and flags.test_data is not None:
        parser.error(f"{flags.clip}: name one clip, or a folder with --test-data, not both")
    if flags.clip is not None and flags.clip.is_dir():
        parser.error(f"{flags.clip} is a folder: --test-data {flags.clip}")
    inside = "single" if flags.clip is not None else ""
    if flags.shard is not None:
        from harness.output.shards import parse_shard

        try:
            flags.shard = parse_shard(flags.shard)
        except ValueError as fault:
            parser.error(f"--shard {fault}")
        if flags.clip is not None:
            parser.error("--shard: one clip has no parts")
        inside = "shard-{}-of-{}".format(*flags.shard)
    flags.unfetched = {}
    flags.test_data = flags.clip or flags.test_data or ROOT / "Test_Data"
    named = flags.run or ""
    for flag in ("results", "supplements"):
        given = getattr(flags, flag)
        setattr(flags, flag, below(given, named) if given else ROOT / f"Test_{flag.title()}" / named / inside)
    return flags


def main(arguments: list[str] | None = None) -> int:
    """The command; returns the exit code."""
    return guarded(anywhere, parse_arguments(arguments), arguments)


def anywhere(flags: argparse.Namespace) -> int:
    """`run`, on local folders in place of URLs."""
    from harness.remote.mirror import mirrored

    return mirrored(flags, run, overrides_of(flags))


def guarded(
    work: Callable[[argparse.Namespace], int], flags: argparse.Namespace, arguments: list[str] | None = None
) -> int:
    """Do `work`; a fault becomes one line and an exit code."""
    from harness.faults import ConfigError, HarnessFault
    from harness.inputs.arguments import refuse_undecodable
    from harness.inputs.chinese import in_chinese

    signal.signal(signal.SIGTERM, _interrupt)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:  # nohup has it ignored
        signal.signal(signal.SIGHUP, _interrupt)
    try:
        refuse_undecodable(sys.argv[1:] if arguments is None else arguments)
        return work(flags)
    except HarnessFault as fault:
        print(f"error: {fault}{in_chinese(str(fault))}", file=sys.stderr)
        return 2 if isinstance(fault, ConfigError) else 1
    except OSError as error:
        told = f"error: {error} (free space or rights, then run the same command: it resumes)"
        print(f"{told}{in_chinese(told)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; the same command resumes where this run stopped", file=sys.stderr)
        return 130


def overrides_of(flags: argparse.Namespace) -> list[str]:
    """The settings that flags change, as `key=value`; what --set says comes last. ConfigError for no NAME=FILE."""
    from harness.faults import ConfigError

    found = []
    if flags.label_space is not None:
        found.append(f"label_space={json.dumps(flags.label_space, ensure_ascii=False)}")
    if flags.engine is not None or flags.ray_address is not None:
        found.append(f"engine={flags.engine or 'ray'}")
        found.append(f"ray_address={json.dumps(flags.ray_address)}")
    if flags.omni_url is not None:
        found += ["omni.provider=server", f"omni.url={flags.omni_url}", "omni.model=null"]
    for given in (item for group in flags.opinions for item in group):
        name, is_pair, file = given.partition("=")
        if not is_pair or not name or not file:
            raise ConfigError(f"--opinions {given} is not NAME=FILE.csv", "for example --opinions my_net=opinions.csv")
        found.append(f"opinions.{name}.file={json.dumps(file, ensure_ascii=False)}")
    if flags.instruct is not None:
        # JSON is YAML too, and keeps whatever the question holds.
        found.append(f"omni.instruct={json.dumps(flags.instruct, ensure_ascii=False)}")
    if flags.attribution is not None:
        found.append(f"attribute.by={flags.attribution}")
    if flags.max_errors is not None:
        found.append(f"max_errors={flags.max_errors}")
    return found + [item for group in flags.overrides for item in group]


def configured(flags: argparse.Namespace, settings: Mapping[str, Any] | None = None) -> Config:
    """The run's settings: all of them, or as a profile and flags have them. ConfigError for what they may not be."""
    from harness import config as configuration
    from models.folders import default_models_dir

    return configuration.make_config(
        settings or configuration.load_profile(flags.profile, overrides_of(flags)),
        profile=str(flags.profile),
        models_dir=flags.models_dir or default_models_dir(),
        test_data=flags.test_data,
        results=flags.results,
        supplements=flags.supplements,
        submission_name=flags.submission_name,
        limit=flags.limit,
        fresh=flags.fresh,
    )


def run(flags: argparse.Namespace) -> int:
    """Check everything, then run and export."""
    from harness.fork_server import import_numpy

    import_numpy()
    from harness.config import load_profile
    from harness.engine.pipeline import Pipeline
    from harness.ingest import ingest
    from harness.inputs.table import read_ids
    from harness.output.seal import begin, finished, say_again
    from harness.output.shards import Part, write_part
    from harness.records.store import exclusive
    from models.registry import choose

    settings = load_profile(flags.profile, overrides_of(flags))
    config = configured(flags, settings)
    pipeline = Pipeline(config, choose)
    only = set(read_ids(flags.only)) if flags.only is not None else None
    sample = set(read_ids(flags.ids)) if flags.ids is not None else None
    more = [None if ids is None else sorted(ids) for ids in (sample, only)] + [flags.shard]
    begun = begin(config, pipeline.fingerprints(), more, time.time_ns())
    if seal := finished(config, begun):
        with exclusive(config.supplements):
            say_again(config, seal)
            return 0
    found = ingest(
        config.test_data,
        config.limit,
        ids=config.ids,
        pairs=config.pairs,
        sample=sample or only,
        shard=flags.shard,
        only=only,
        unfetched=flags.unfetched,
    )
    with exclusive(config.supplements):
        if flags.shard is not None:
            part = Part(
                number=flags.shard[0],
                of=flags.shard[1],
                ids_sha256=found.ids_sha256,
                form=found.form,
                profile=config.profile,
                settings=settings,
                test_data=str(config.test_data),
                clips=found.clips,
                warnings=found.warnings,
                passed=found.passed,
            )
            write_part(config.supplements, part)
        return carry_out(config, pipeline, found, begun=begun)


def merge(flags: argparse.Namespace) -> int:
    """One run from the shards whose supplements lie in `flags.folders`: what they perceived is judged together."""
    from harness.engine.pipeline import Pipeline
    from harness.faults import ConfigError
    from harness.output.shards import named_shard, read_part, take_records, whole_run, with_test_data
    from harness.records.store import exclusive
    from models.registry import choose

    parts = [read_part(folder) for folder in flags.folders]
    flags.test_data, found = with_test_data(parts[0], whole_run(parts), flags.test_data)
    flags.clip = flags.shard = flags.limit = None
    flags.profile, flags.fresh = parts[0].profile, False
    flags.results = flags.results or ROOT / "Test_Results"
    flags.supplements = flags.supplements or ROOT / "Test_Supplements"
    config = configured(flags, {**parts[0].settings, "engine": "local"})  # everything is perceived already
    pipeline = Pipeline(config, choose)
    with exclusive(config.supplements):
        for part, folder in zip(parts, flags.folders, strict=True):
            take_records(part, folder, config.records)
        for clip, stage in pipeline.unperceived(found.clips):
            shard = named_shard(parts, clip)
            raise ConfigError(
                f"{clip.id} of shard {shard} has no record of the stage {stage} that fits this code and these models",
                f"run --shard {shard} again with them: it resumes",
            )
        return carry_out(config, pipeline, found, perceived_before=True)


def carry_out(
    config: Config, pipeline: Pipeline, found: Ingested, perceived_before: bool = False, begun: Begun | None = None
) -> int:
    """Run and export; the exit code. With `perceived_before` no clip is looked at; with `begun` the run is sealed."""
    from harness.engine.outside import notes_on_files
    from harness.output.about import read_about
    from harness.output.export import Exporter, write_json
    from harness.output.leftovers import remove_leftovers
    from harness.output.log import open_log
    from harness.output.provenance import manifest
    from harness.output.seal import seal_up
    from harness.output.summary import Progress, listed_paths, space_note, table
    from harness.output.tally import Tally
    from harness.records.conversions import losses
    from harness.records.store import Store, require_told_apart

    started, clock = datetime.now(UTC), time.perf_counter()
    log = open_log(config.supplements / "run.log")
    remove_leftovers(config)
    require_told_apart(config.records, (clip.id for clip in found.clips))
    passed = [one for one in found.passed if one.path not in READ_BESIDE]
    warnings = [*found.warnings, *(f"{one.path} is no clip: {one.reason}" for one in passed)]
    warnings += [spec.lacks for spec in pipeline.specs.values() if spec.lacks]
    warnings += notes_on_files(config, found.clips)
    for warning in warnings:
        log.warning("%s", warning)
    for note in filter(None, (pipeline.note(), pipeline.body_note(), space_note(config.space))):
        log.info(note)
    if config.fresh and (aside := Store(config.records).set_aside_all(started.strftime("%Y%m%dT%H%M%SZ"))):
        log.info("old records moved to %s", aside)

    exporter, tally = Exporter(config, found.clips), Tally()
    progress = Progress(len(found.clips), log)
    try:
        for clip, stages in pipeline.run(found.clips, perceived_before):
            exporter.add(clip, stages)
            tally.add(clip, stages)
            progress.step(clip, stages)
    finally:
        progress.close()

    failures = tally.errors()
    code = 3 if len(failures) > config.error_allowance(len(found.clips)) else 0
    paths = exporter.finish()
    seconds = time.perf_counter() - clock
    facts = {"started": started.isoformat(), "seconds": round(seconds, 3), "exit_code": code, "errors": failures}
    facts["omni"] = pipeline.facts()
    facts["voices"] = pipeline.voices.facts()
    facts["label_space"] = {"name": config.space.name, "labels": list(config.space.labels), **losses(config.space)}
    facts["ids"] = found.form
    facts["no_clips"] = {one.path: one.reason for one in found.passed}
    facts["warnings"] = list(found.warnings)
    paths.append(config.supplements / "run_manifest.json")
    about = {"about": read_about(config.test_data if config.test_data.is_dir() else config.test_data.parent)}
    write_json(paths[-1], manifest(config, pipeline.specs, found.clips, tally, facts) | about)
    page, closing = read_back(config.supplements, config.test_data / "labels.csv", config.space, tally.clips)
    paths.append(page)
    said = f"{table(tally, seconds, passed, config.space)}\n{listed_paths(paths)}\n{closing}"
    log.info("%s", said)
    for clip_id, reason in failures.items():
        log.error("%s: %s", clip_id, reason)
    checked_ns = time.time_ns()
    if begun is not None and code == 0 and pipeline.complete(found.clips):
        seal_up(config, begun, checked_ns, len(found.clips), warnings, said)
    return code


def read_back(supplements: Path, labels: Path, space: LabelSpace, clips: int) -> tuple[Path, str]:
    """Write the page, and say of the clips what a first look needs: a line for each, the score, how to read on.

    `labels` is scored against where it exists; a file of that name that holds no labels of these clips is no fault of
    the run, and said.
    """
    from eval.errors import EvalError
    from eval.report.closing import MOST_CLIPS, clip_table, score_line
    from eval.report.report import write_report
    from eval.stories.read import Run, read_truth
    from harness.output.summary import shown

    page = supplements / "report.html"
    lines = []
    truth = None
    try:
        truth = read_truth(labels, space) if labels.is_file() else None
        write_report(supplements, page, labels if truth else None)
    except EvalError as fault:
        lines.append(f"not scored: {fault}")
        truth = None
        write_report(supplements, page)
    if clips <= MOST_CLIPS or truth:
        stories = Run(supplements)
        if clips <= MOST_CLIPS:
            lines.insert(0, clip_table(list(stories), truth))
        if truth:
            predicted = {story.id: story.label for story in stories}
            lines.append(score_line(predicted, truth, shown(labels), space))
        if clips == 1:
            lines += [story.text("reasoning", "text") for story in stories]
    lines.append(f"read on: open {shown(page)} in a browser, or run: {shown(Path(sys.executable))} -m eval view")
    lines[-1] += f" {shown(supplements)}"
    return page, "\n".join(["", *(line for line in lines if line)])


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
