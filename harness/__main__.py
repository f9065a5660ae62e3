"""Work on whole runs, and the service for single clips: `python -m harness VERB`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.service import live, serve


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m harness", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    merge = verbs.add_parser("merge", help="the shards of a run become one run: submission, supplements and page")
    merge.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="the --supplements folder of each shard")
    merge.add_argument(
        "--test-data", type=Path, help="where the clips lie as seen from here (default: as in the shards)"
    )
    merge.add_argument("--results", type=Path, help="where the submission goes (default: Test_Results)")
    merge.add_argument("--supplements", type=Path, help="everything else (default: Test_Supplements)")
    merge.add_argument("--submission-name", default="combined_results.csv", metavar="FILE.csv")
    merge.add_argument("--models-dir", type=Path, help="fetched models (default: checkpoints/, or $HARNESS_MODELS)")
    ask = verbs.add_parser("ask", help="ask an omni server questions of your own about clips")
    ask.add_argument("questions", type=Path, metavar="QUESTIONS.jsonl", help="a line each: id, clip, question, answers")
    ask.add_argument("--test-data", type=Path, required=True, help="where the clips lie")
    ask.add_argument("--out", type=Path, required=True, help="where the replies go, a line each (.jsonl)")
    ask.add_argument("--profile", default="embedded", metavar="NAME|FILE", help="whose section omni says how to ask")
    ask.add_argument("--omni-url", metavar="URL", help="a server that runs already: http://host:port/v1")
    ask.add_argument("--set", dest="overrides", nargs="+", action="append", default=[], metavar="KEY=VALUE")
    ask.add_argument("--models-dir", type=Path, help="fetched models (default: checkpoints/, or $HARNESS_MODELS)")
    unused = ("label_space", "instruct", "attribution", "max_errors", "limit", "engine", "ray_address")
    ask.set_defaults(fresh=False, opinions=[], submission_name="combined_results.csv", **dict.fromkeys(unused))
    erase = verbs.add_parser("erase", help="remove every trace of a clip from what runs and the service have written")
    erase.add_argument("clip", metavar="CLIP", help="its ID, as the submission has it")
    erase.add_argument("--results", type=Path, help="where the submission lies (default: Test_Results)")
    erase.add_argument("--supplements", type=Path, help="and the rest (default: Test_Supplements)")
    erase.add_argument("--service", type=Path, metavar="DIR", help="--data of the service (default: in supplements)")
    erase.add_argument("--dry-run", action="store_true", help="say what would be removed, and remove nothing")
    clean = verbs.add_parser("clean", help="remove records that no run reads any more: nothing does so unasked")
    clean.add_argument("--supplements", type=Path, help="of a finished run (default: Test_Supplements)")
    clean.add_argument("--dry-run", action="store_true", help="say what would be removed, and remove nothing")
    serve.configure(verbs.add_parser("serve", help="a page and an HTTP interface for single clips"))
    live.configure(verbs.add_parser("live", help="a camera, a stream or a file judged while it happens"))
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit code, which is that of a run."""
    flags = parse_arguments(arguments)
    import run_submission

    verbs = {"merge": run_submission.merge, "ask": ask, "serve": serve.run, "live": live.run}
    verbs |= {"erase": erase_clip, "clean": clean_records}
    work = verbs[flags.verb]
    return run_submission.guarded(work, flags)


def ask(flags: argparse.Namespace) -> int:
    """Ask an omni server questions of the user's own about clips."""
    import run_submission
    from harness.engine.ask import ask_questions
    from models.registry import choose

    flags.results = flags.supplements = flags.out.parent
    flags.overrides = [*flags.overrides, ["omni.label_probabilities=false"]]
    return ask_questions(run_submission.configured(flags), choose, flags.questions, flags.out)


def erase_clip(flags: argparse.Namespace) -> int:
    """Remove every trace of a clip; 1 where its name still stands somewhere afterwards. ConfigError for no trace."""
    from harness.service.erase import erase_everywhere
    from run_submission import ROOT

    supplements = flags.supplements or ROOT / "Test_Supplements"
    places = (supplements, flags.results or ROOT / "Test_Results", flags.service or supplements / "service")
    return erase_everywhere(flags.clip, *places, dry_run=flags.dry_run)


def clean_records(flags: argparse.Namespace) -> int:
    """Remove what `old_records` finds. ConfigError where no finished run lies, or one is going on."""
    from harness.output.old_records import old_records, remove
    from harness.records.store import exclusive
    from run_submission import ROOT

    supplements = flags.supplements or ROOT / "Test_Supplements"
    found = old_records(supplements)
    with exclusive(supplements):
        print("\n".join([*map(str, found), f"{len(found)} files and folders are read by no run"]))
        if not flags.dry_run:
            print(f"removed, {remove(found) / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
