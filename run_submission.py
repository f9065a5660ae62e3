"""Run the whole test set: a folder of clips in, a submission with its supplements out.

Exit codes: 0 complete; 1 results could not be written; 2 bad configuration, or no server to be had (what is done is
kept); 3 complete, but more clips with errors than the budget allows; 130 interrupted (the same command resumes).
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line. Nothing heavy is imported before it has been read."""
    parser = argparse.ArgumentParser(description="Run the whole test set and write the submission.")
    parser.add_argument("--test-data", type=Path, default=ROOT / "Test_Data", help="folder of clips")
    parser.add_argument("--results", type=Path, default=ROOT / "Test_Results", help="where the submission goes")
    parser.add_argument("--supplements", type=Path, default=ROOT / "Test_Supplements", help="everything else")
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
    parser.add_argument("--omni-url", metavar="URL", help="ask this running server; sets omni.provider and omni.url")
    parser.add_argument(
        "--attribution",
        choices=("fuser", "omni", "omni-loo"),
        help="also ask the omni model with modalities withheld: all subsets, or leave-one-out",
    )
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N clips")
    parser.add_argument(
        "--ids", type=Path, metavar="FILE", help="a sample submission or label file: IDs are made like its"
    )
    parser.add_argument("--fresh", action="store_true", help="start over; the old records are moved aside")
    parser.add_argument("--max-errors", metavar="N|FRACTION", help="clips with errors that are still exit code 0")
    parser.add_argument("--submission-name", default="combined_results.csv", metavar="FILE.csv")
    parser.add_argument("--models-dir", type=Path, help="fetched models (default: checkpoints/, or $HARNESS_MODELS)")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """The command; returns the exit code."""
    flags = parse_arguments(arguments)
    from harness.faults import ConfigError, HarnessFault
    from harness.inputs.arguments import refuse_undecodable

    signal.signal(signal.SIGTERM, _interrupt)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:  # nohup has it ignored
        signal.signal(signal.SIGHUP, _interrupt)
    # A worker that is ended cannot free its semaphores; the tracker frees them and would say so on the terminal.
    quiet = "ignore:resource_tracker:UserWarning"
    os.environ["PYTHONWARNINGS"] = ",".join(filter(None, (os.environ.get("PYTHONWARNINGS"), quiet)))
    try:
        refuse_undecodable(sys.argv[1:] if arguments is None else arguments)
        return run(flags)
    except HarnessFault as fault:
        print(f"error: {fault}", file=sys.stderr)
        return 2 if isinstance(fault, ConfigError) else 1
    except OSError as error:
        print(f"error: {error} (free space or rights, then run the same command: it resumes)", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; the same command resumes where this run stopped", file=sys.stderr)
        return 130


def overrides_of(flags: argparse.Namespace) -> list[str]:
    """The settings that flags change, as `key=value`; what --set says comes last."""
    found = []
    if flags.omni_url is not None:
        found += ["omni.provider=server", f"omni.url={flags.omni_url}", "omni.model=null"]
    if flags.attribution is not None:
        found.append(f"attribute.by={flags.attribution}")
    if flags.max_errors is not None:
        found.append(f"max_errors={flags.max_errors}")
    return found + [item for group in flags.overrides for item in group]


def run(flags: argparse.Namespace) -> int:
    """Check everything, then run and export."""
    from harness import config as configuration
    from harness.engine.pipeline import Pipeline
    from harness.ingest import ingest
    from harness.inputs.table import read_ids
    from harness.output.export import export, write_json
    from harness.output.log import open_log
    from harness.output.provenance import manifest
    from harness.output.summary import Progress, clips_with_errors, listed_paths, table
    from harness.records.store import Store, exclusive
    from models.folders import default_models_dir
    from models.registry import choose

    config = configuration.make_config(
        configuration.load_profile(flags.profile, overrides_of(flags)),
        profile=str(flags.profile),
        models_dir=flags.models_dir or default_models_dir(),
        test_data=flags.test_data,
        results=flags.results,
        supplements=flags.supplements,
        submission_name=flags.submission_name,
        limit=flags.limit,
        fresh=flags.fresh,
    )
    pipeline = Pipeline(config, choose)
    sample = set(read_ids(flags.ids)) if flags.ids is not None else None
    found = ingest(config.test_data, config.limit, ids=config.ids, pairs=config.pairs, sample=sample)
    lock = exclusive(config.supplements)
    started, clock = datetime.now(UTC), time.perf_counter()
    log = open_log(config.supplements / "run.log")
    for warning in found.warnings:
        log.warning(warning)
    for one in found.passed:
        log.warning("%s is no clip: %s", one.path, one.reason)
    for lacking in (spec.lacks for spec in pipeline.specs.values() if spec.lacks):
        log.warning(lacking)
    if note := pipeline.note():
        log.info(note)
    if config.fresh and (aside := Store(config.records).set_aside_all(started.strftime("%Y%m%dT%H%M%SZ"))):
        log.info("old records moved to %s", aside)

    records = {}
    progress = Progress(len(found.clips), log)
    try:
        for clip, stages in pipeline.run(found.clips):
            records[clip.id] = stages
            progress.step(clip, stages)
    finally:
        progress.close()

    failures = clips_with_errors(found.clips, records)
    code = 3 if len(failures) > config.error_allowance(len(found.clips)) else 0
    paths = export(config, found.clips, records)
    seconds = time.perf_counter() - clock
    facts = {"started": started.isoformat(), "seconds": round(seconds, 3), "exit_code": code, "errors": failures}
    facts["omni"] = pipeline.facts()
    facts["voices"] = pipeline.voices.facts()
    facts["ids"] = found.form
    facts["no_clips"] = {one.path: one.reason for one in found.passed}
    facts["warnings"] = list(found.warnings)
    paths.append(config.supplements / "run_manifest.json")
    write_json(paths[-1], manifest(config, pipeline.specs, found.clips, records, facts))
    paths.append(_report(config.supplements))
    log.info("%s\n%s", table(found.clips, records, seconds, found.passed), listed_paths(paths))
    for clip_id, reason in failures.items():
        log.error("%s: %s", clip_id, reason)
    lock.close()
    return code


def _report(supplements: Path) -> Path:
    from eval.report.report import write_report

    return write_report(supplements, supplements / "report.html")


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
