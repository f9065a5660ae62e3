"""Questions of a user's own about clips, asked of the omni model as a run asks it: same server, same media, same care.

A question that a run of this command has answered already is not asked again: the same command goes on where it was
stopped. A question that fails costs itself alone and is asked again the next time.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.config import Config
from harness.engine.decide import asks_a_model
from harness.engine.pipeline import ProviderChooser, reasoner_media
from harness.faults import ClipError, ConfigError, StageUnavailable
from harness.ingest import ingest
from harness.inputs.encoding import NotText, read_text
from harness.media.loader import MediaLoader
from harness.records.answers import read_answer
from harness.records.atomic import write_atomic
from harness.records.labels import LabelSpace
from harness.records.types import Clip, Language
from harness.records.verdicts import ReasonRequest
from models.base import Reasoner

FORM = "one JSON object a line, with id, clip and question"
SYSTEM = (
    "You are shown pictures of a short clip in the order of time, and its sound. Answer what is asked from what can be "
    "seen and heard in it, and from nothing else."
)


@dataclass(frozen=True)
class OwnQuestion:
    """A question about one clip.

    Attributes:
        id: unique in its file.
        clip: the clip's ID.
        text: as the model is to read it.
        language: of the text.
        answers: what may stand between the answer tags; empty for a free reply.
    """

    id: str
    clip: str
    text: str
    language: Language = "en"
    answers: tuple[str, ...] = ()


def read_questions(path: Path) -> list[OwnQuestion]:
    """The questions of a .jsonl: objects with id, clip and question, and perhaps language and answers.

    Raises:
        ConfigError: no such file, no JSON, a row without one of them, or one ID twice.
    """
    found: dict[str, OwnQuestion] = {}
    for number, row in enumerate(_rows(path, needed=True), 1):
        try:
            answers = tuple(map(str, row.get("answers") or ()))
            language: Language = "zh" if row.get("language") == "zh" else "en"
            question = OwnQuestion(str(row["id"]), str(row["clip"]), str(row["question"]), language, answers)
        except KeyError as missing:
            raise ConfigError(f"{path}, row {number}: there is no {missing}", FORM) from None
        if question.id in found:
            raise ConfigError(f"{path}, row {number}: the id {question.id} stands there twice", "give each its own")
        found[question.id] = question
    if not found:
        raise ConfigError(f"{path} holds no question", FORM)
    return list(found.values())


def answered_before(path: Path, questions: Sequence[OwnQuestion]) -> dict[str, dict[str, Any]]:
    """Rows of an earlier run of the command that answer these very questions, by ID."""
    asked = {question.id: question.text for question in questions}
    rows = _rows(path, needed=False) if path.exists() else []
    return {
        str(row["id"]): dict(row)
        for row in rows
        if asked.get(str(row.get("id"))) == row.get("question") and isinstance(row.get("reply"), str)
    }


def _rows(path: Path, needed: bool) -> list[Mapping[str, Any]]:
    """The objects of a .jsonl. Where it is not `needed` a line that is cut (by a kill) is passed over."""
    try:
        lines = read_text(path).text.splitlines()
    except NotText as fault:
        raise ConfigError(f"{path}: {fault.message}", fault.remedy) from None
    except OSError as fault:
        raise ConfigError(f"{path} cannot be read: {fault.strerror}", "check the path") from None
    rows = list[Mapping[str, Any]]()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if isinstance(row, dict):
            rows.append(row)
        elif needed:
            raise ConfigError(f"{path}, line {number} is no JSON object", FORM)
    return rows


def ask(
    reasoner: Reasoner, loader: MediaLoader, clips: Mapping[str, Clip], questions: Sequence[OwnQuestion], at_once: int
) -> Iterator[dict[str, Any]]:
    """The rows of the answers, as they come: id, clip, question, reply and answer, or the problem.

    A question about a clip that is not there has a problem too.

    Raises:
        ConfigError: there is no server to be had.
    """
    with ThreadPoolExecutor(at_once) as threads:
        pending = [threads.submit(_answer, reasoner, loader, clips, question) for question in questions]
        try:
            for done in as_completed(pending):
                yield done.result()
        finally:
            for future in pending:
                future.cancel()


def _answer(
    reasoner: Reasoner, loader: MediaLoader, clips: Mapping[str, Clip], question: OwnQuestion
) -> dict[str, Any]:
    row: dict[str, Any] = {"id": question.id, "clip": question.clip, "question": question.text}
    clip = clips.get(question.clip)
    if clip is None:
        return {**row, "problem": f"no clip {question.clip} among {len(clips)}"}
    messages = ({"role": "system", "content": SYSTEM}, {"role": "user", "content": question.text})
    space = LabelSpace("the question's answers", question.answers or ("yes", "no"))
    request = ReasonRequest(
        clip_id=question.clip,
        language=question.language,
        messages=messages,
        prompt_sha256="",
        sections={},
        told={},
        suggested="",
        answer_only=True,
        answers=question.answers,
        space=space,
    )
    try:
        said = reasoner.reason(request, loader.loader(clip))
    except (ClipError, StageUnavailable) as fault:
        return {**row, "problem": str(fault)}
    answer = read_answer(said.text, said.finish_reason, space).label if question.answers else None
    return {**row, "reply": said.text, "finish_reason": said.finish_reason, "answer": answer}


def ask_questions(config: Config, choose: ProviderChooser, questions_file: Path, out: Path) -> int:
    """Ask what `out` does not answer yet, and keep each reply as it comes; in the end the rows are in order.

    Returns:
        0 when every question has its reply, 3 when some have not.

    Raises:
        ConfigError: no omni model, no server, or no questions.
    """
    if not asks_a_model(config):
        remedy = "--omni-url http://host:port/v1, or --profile full"
        raise ConfigError(f"the profile {config.profile} has no omni model", remedy)
    questions = read_questions(questions_file)
    out.parent.mkdir(parents=True, exist_ok=True)
    rows = answered_before(out, questions)
    clips = {clip.id: clip for clip in ingest(config.test_data, None, ids=config.ids, pairs=config.pairs).clips}
    left = [question for question in questions if question.id not in rows]
    reasoner = choose(config.sections, config.models_dir, ["reason"])["reason"].build()
    loader = reasoner_media(config)
    try:
        with out.open("a", encoding="utf-8") as stream:
            for row in ask(reasoner, loader, clips, left, config.sections["omni"]["concurrency"]):
                rows[row["id"]] = row
                print(_line(row), file=stream, flush=True)
                if "problem" in row:
                    print(f"{row['id']}: {row['problem']}", file=sys.stderr)
    finally:
        loader.close()
        reasoner.close()
        ordered = [rows[question.id] for question in questions if question.id in rows]
        write_atomic(out, "".join(_line(row) + "\n" for row in ordered).encode())
    failed = sum("problem" in row for row in rows.values())
    print(f"{len(rows) - failed} of {len(questions)} questions answered, {len(left)} asked now: {out}")
    return 3 if failed else 0


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False)
