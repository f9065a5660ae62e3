"""`python -m models list` and `check`: which models there are, and whether what a profile needs can be used now."""

from __future__ import annotations

import argparse
import importlib
import json
import textwrap
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.faults import ConfigError, HarnessFault
from harness.inputs.profile_file import USUAL
from models.folders import default_models_dir
from models.hub.catalogue import Model, Sections, models_of, profiles, sections_of
from models.hub.fetch_hub import check_sums
from models.r1omni import proof
from models.registry import OFF, OPTIONAL, PROVIDERS, table_of


def configure(parser: argparse.ArgumentParser) -> None:
    """Flags of `list` and `check`."""
    parser.add_argument("names", nargs="*", metavar="PROVIDER", help="only these (default: those of the profile)")
    parser.add_argument("--profile", default=USUAL, metavar="NAME|FILE", help=f"what is needed (default: {USUAL})")
    parser.add_argument("--models-dir", type=Path, default=default_models_dir(), help="fetched models")
    parser.add_argument("--load", action="store_true", help="check: also load each model, which takes time and memory")
    parser.add_argument("--json", action="store_true", help="list: as JSON, with every file's SHA-256")
    parser.add_argument(
        "--oracle", type=Path, metavar="DIR", help="check r1-omni: every stage against expected numbers"
    )


def run(flags: argparse.Namespace) -> int:
    """`list`: every model. `check`: exit code 2 when a needed provider is not usable; the others are optional."""
    known = {name for providers in PROVIDERS.values() for name in providers}
    if unknown := [name for name in flags.names if name not in known]:
        raise ConfigError(f"no provider is called {', '.join(unknown)}", f"known: {', '.join(sorted(known))}")
    if flags.oracle is not None:
        if flags.names != ["r1-omni"] or flags.verb != "check":
            raise ConfigError("--oracle belongs to check r1-omni", "python -m models check r1-omni --oracle DIR")
        return proof.report(flags.oracle)
    return _list(flags) if flags.verb == "list" else _check(flags)


def _check(flags: argparse.Namespace) -> int:
    """One line per provider, the needed ones first."""
    sections = sections_of(flags.profile)
    rows = list(_providers(sections))
    needed = [row for row in rows if (row[1] in flags.names if flags.names else _chosen(sections, row[0]) == row[1])]
    missing = 0
    for stage, name, section in needed:
        state = _state(stage, name, section, flags.models_dir, flags.load)
        missing += state.startswith("unavailable")
        print(f"{stage:<11} {name:<12} {state}")
    if not flags.names:
        for stage, name, section in (row for row in rows if row not in needed):
            state = _state(stage, name, section, flags.models_dir, load=False)
            print(f"{stage:<11} {name:<12} optional, not in {flags.profile}: {state}")
    for stage, providers in PROVIDERS.items():
        known = (*providers, OFF) if stage in OPTIONAL else providers
        if (chosen := _chosen(sections, stage)) not in known:
            raise ConfigError(f"{flags.profile}: no provider of {stage} is called {chosen}", ", ".join(providers))
    told = f"{missing} of {len(needed)} providers unusable" if missing else f"all {len(needed)} providers usable"
    print(f"{' '.join(flags.names) or f'profile {flags.profile}'}: {told}")
    return 2 if missing else 0


def _providers(sections: Sections) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """(stage, provider, settings): those of the profile where it names the provider, else of one that does."""
    everything = [sections, *profiles().values()]
    for stage, providers in PROVIDERS.items():
        for name in providers:
            fitting = [own for own in everything if _chosen(own, stage) == name]
            yield stage, name, {**_section(fitting[0] if fitting else sections, stage), table_of(stage)[1]: name}


def _section(sections: Sections, stage: str) -> Mapping[str, Any]:
    """The stage's table of a profile."""
    return sections.get(table_of(stage)[0], {})


def _chosen(sections: Sections, stage: str) -> str:
    """The provider that a profile names."""
    return str(_section(sections, stage).get(table_of(stage)[1]))


def _state(stage: str, name: str, section: Mapping[str, Any], models_dir: Path, load: bool) -> str:
    """`ready …` or `unavailable …` with the command that mends it."""
    try:
        spec = importlib.import_module(PROVIDERS[stage][name]).spec({**section, "models_dir": str(models_dir)})
        for model in models_of({table_of(stage)[0]: section}, models_dir):
            check_sums(model.folder)
        state = f"ready        fingerprint {spec.fingerprint[:12]}{f', but {spec.lacks}' if spec.lacks else ''}"
        if load:
            started = time.perf_counter()
            if spec.verify is not None:
                spec.verify()
            built = spec.build()
            if stage == "reason":
                built.begin()
                built.close()
            state += f", loaded in {time.perf_counter() - started:.1f} s"
    except HarnessFault as fault:
        return f"unavailable  {fault}"
    return state


def _list(flags: argparse.Namespace) -> int:
    """Every model once, with the profiles that need it."""
    needing: dict[str, list[str]] = {}
    models: dict[str, Model] = {}
    for profile, sections in profiles().items():
        for model in models_of(sections, flags.models_dir):
            models[str(model.folder)] = model
            needing.setdefault(str(model.folder), []).append(profile)
    told = [_facts(model, needing[key]) for key, model in models.items()]
    if flags.json:
        print(json.dumps(told, indent=1, ensure_ascii=False))
        return 0
    for facts in told:
        print(facts.pop("name"))
        sums = facts.pop("sha256")
        facts["sha256"] = "; ".join(f"{name} {sha[:16]}…" for name, sha in sums.items()) or "not there"
        for heading, value in facts.items():
            if value:
                lines = textwrap.wrap(str(value), 100, break_long_words=False, break_on_hyphens=False)
                print(f"  {heading:<11} " + f"\n{' ' * 14}".join(lines))
    return 0


def _facts(model: Model, needing: list[str]) -> dict[str, Any]:
    """What is told of a model; `state` compares its files with the sums that are known beforehand."""
    wrong = [name for name, sha in model.pins.items() if model.sums.get(name) != sha]
    if not model.files:
        state = "not there"
    elif wrong:
        state = f"not as known: {', '.join(wrong)}"
    else:
        state = "there, as known beforehand" if model.pins else "there"
    return {
        "name": model.name,
        "state": state,
        "where": str(model.folder),
        "size": f"{sum(path.stat().st_size for path in model.files) / 1e6:.3g} MB" if model.files else "",
        "needed by": ", ".join(needing),
        "from": model.origin,
        "revision": model.revision,
        "fetch": model.fetch,
        "licence": model.licence,
        "restriction": model.restriction,
        "sha256": model.sums,
    }
