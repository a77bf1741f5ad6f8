"""A small dependency table: steps with inputs and outputs, each run only if it has to be.

A step is skipped when its key (its settings and the contents of its inputs) is the one that was noted when it
last came to its end, and its outputs still have the contents that were noted then. Contents, not times: a
file that was written anew with the same contents makes nothing run, and a copied folder stays complete.

Invariant: a step is noted, atomically, only after it ended well; a flow that was killed goes on with the
step in which it was killed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from edgeml.documents import Document, Record
from edgeml.errors import EdgemlError
from edgeml.figures import Stage

NOTES = "steps.json"


class NotedStep(Record):
    """A step that came to its end: its key, the contents of its outputs, and what ran."""

    key: str
    outputs: tuple[str, ...]
    stage: Stage


class NotedSteps(Document):
    """The object behind steps.json."""

    what: ClassVar[str] = "list of finished steps"
    remedy: ClassVar[str] = "delete it; all steps are run again"

    schema_: Literal[1] = Field(default=1, alias="schema")
    steps: dict[str, NotedStep] = Field(default_factory=dict[str, NotedStep])


@dataclass(frozen=True)
class FlowStep:
    """One program of a flow.

    Args:
        name: "synthesis".
        inputs: files or folders it reads.
        outputs: files or folders it writes.
        settings: all else that the outputs depend on, as text: options, versions.
        work: runs the program and returns its stage (log relative to the flow's folder).
    """

    name: str
    inputs: tuple[Path, ...]
    outputs: tuple[Path, ...]
    settings: str
    work: Callable[[], Stage]


def run_steps(
    steps: Iterable[FlowStep],
    folder: Path,
    tell: Callable[[str], None],
    after: Callable[[Sequence[Stage]], None],
) -> tuple[Stage, ...]:
    """Run what has to be run, in order.

    Args:
        steps: in the order of their dependencies.
        folder: of the flow; holds the notes.
        tell: called with the name of each step that begins.
        after: called with all stages so far after each step, skipped or not.

    Returns:
        A stage per step; for one that was skipped, that of the run that made its outputs.

    Raises:
        EdgemlError: a step failed, or ended without its outputs.
    """
    stages: list[Stage] = []
    for step in steps:
        noted = read_notes(folder / NOTES)
        key = _key(step)
        old = noted.get(step.name)
        if old is not None and old.key == key and old.outputs == _contents(step.outputs):
            stages.append(old.stage)
        else:
            tell(step.name)
            stage = step.work()
            missing = [str(path) for path in step.outputs if not path.exists()]
            if missing:
                raise EdgemlError(f"{step.name} ended without {', '.join(missing)}", stage.tool, stage.log)
            entry = NotedStep(key=key, outputs=_contents(step.outputs), stage=stage)
            NotedSteps(steps={**noted, step.name: entry}).write(folder / NOTES)
            stages.append(stage)
        after(stages)
    return tuple(stages)


def _key(step: FlowStep) -> str:
    text = json.dumps([step.name, step.settings, _contents(step.inputs)])
    return hashlib.sha256(text.encode()).hexdigest()


def _contents(paths: Iterable[Path]) -> tuple[str, ...]:
    """A digest per path; "" for what is not there."""
    return tuple(_digest(path) for path in paths)


def _digest(path: Path) -> str:
    if not path.exists():
        return ""
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    total = hashlib.sha256()
    for file in files:
        with file.open("rb") as opened:
            inner = hashlib.file_digest(opened, "sha256").hexdigest()
        total.update(f"{file.relative_to(path).as_posix()}:{inner}\n".encode())
    return total.hexdigest()


def read_notes(path: Path) -> dict[str, NotedStep]:
    """The finished steps by name; none of them if the file is damaged or missing: all are then run again."""
    try:
        return NotedSteps.read(path).steps
    except EdgemlError:
        return {}
