"""`python -m eval VERB`: one module per verb, imported only when it is called."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Mapping, Sequence

from eval.errors import EvalError
from harness.faults import ConfigError
from harness.inputs.arguments import end_without_reader, refuse_undecodable
from harness.inputs.chinese import in_chinese

VERBS: Mapping[str, tuple[str, str]] = {
    "score": ("scoring.score", "score predictions against labels"),
    "score-regression": (
        "scoring.score_regression",
        "score sentiment values by MMSA's rules (MOSI, MOSEI, CH-SIMS, CH-SIMS v2)",
    ),
    "open-vocabulary": ("scoring.open_vocabulary", "score open emotion words by MER2026's wheel metric"),
    "reproduce": ("benchmarks.reproduce", "a published benchmark as its own scorer gives it, and corrected"),
    "compare": ("scoring.compare", "compare two or more submissions on the same labels"),
    "calibration": ("scoring.calibration", "calibration of probabilities: ECE, Brier score, log-loss"),
    "import": ("exports.imports", "a log of lmms-eval or inspect_ai as predictions"),
    "soft": ("scoring.soft", "probabilities against several annotators, beside what an annotator scores"),
    "retention": ("scoring.retention", "cross-lingual retention: cross-language over in-language performance"),
    "validate": ("tables.validate", "check a submission file; exit 0 when it is fine, 1 when it is not"),
    "codabench": ("scoring.codabench", "scoring program in Codabench's layout"),
    "labels": ("tables.labels_convert", "labels convert: bring a data set's labels into one form"),
    "rationale": ("reasoning.rationale", "check the saved chains of thought"),
    "explanation": ("reasoning.explanation", "does each chain of thought say why the label was decided"),
    "claims": ("claims.claims", "hold what the chains of thought assert against what was measured"),
    "probes": ("probes.probes", "yes/no questions from what was measured, and what a model's answers are worth"),
    "contributions": (
        "reasoning.contributions",
        "what each modality contributed, measured; and what the texts claim of it",
    ),
    "schemas": ("stories.schemas", "hold every record of a run against its type"),
    "faithfulness": ("reasoning.faithfulness", "does the answer depend on the reasoning, and on the modality it names"),
    "report": ("report.report", "write the self-contained HTML report"),
    "view": ("report.view", "the report over loopback, for a browser that cannot open the files"),
}
"""Verb → (module below `eval`, what it does)."""
USAGE_ERROR = 2


def module_name(verb: str) -> str:
    """The module that carries a verb."""
    return f"eval.{VERBS[verb][0]}"


def _top_parser() -> argparse.ArgumentParser:
    width = max(map(len, VERBS))
    table = "\n".join(f"  {verb:<{width}}  {text}" for verb, (_, text) in VERBS.items())
    return argparse.ArgumentParser(
        prog="python -m eval",
        usage="python -m eval VERB ... (python -m eval VERB --help for a verb's options)",
        description="Score, compare and check predictions and their rationales.",
        epilog=f"verbs:\n{table}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def main(arguments: Sequence[str]) -> int:
    """Run one verb. Returns the exit code: the verb's own, or 2 for a failure that the user can mend."""
    top = _top_parser()
    top.add_argument("verb", choices=VERBS, metavar="VERB", help=argparse.SUPPRESS)
    verb: str = top.parse_args(arguments[:1]).verb
    try:
        module = importlib.import_module(module_name(verb))
    except ModuleNotFoundError as missing:
        if (missing.name or "").startswith("eval"):
            raise
        print(
            f"eval {verb}: cannot import {missing.name}\n"
            "  → pip install -r requirements/embedded.txt, in the environment that runs this",
            file=sys.stderr,
        )
        return USAGE_ERROR
    parser = argparse.ArgumentParser(prog=f"python -m eval {verb}", description=VERBS[verb][1])
    module.configure(parser)
    try:
        refuse_undecodable(arguments)
        code = int(module.run(parser.parse_args(arguments[1:])))
        sys.stdout.flush()
        return code
    except (EvalError, ConfigError) as fault:
        print(f"eval {verb}: {fault}{in_chinese(str(fault))}", file=sys.stderr)
    except BrokenPipeError:
        return end_without_reader()
    except OSError as fault:
        print(f"eval {verb}: {fault}", file=sys.stderr)
    return USAGE_ERROR


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
