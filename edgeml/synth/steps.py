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
from typing import Any

from edgeml.errors import EdgemlError
from edgeml.figures import Stage
from edgeml.files import write_atomic
from edgeml.reading import read_json

NOTES = "steps.json"


@dataclass(frozen=True)
class FlowStep:
    """One program of a flow.

    Args:
        name: "synthesis".
        inputs: files or folders it reads.
        outputs: files or folders it writes.
        settings: all else that the outputs depend on, as text: options, versions.
        work: does it, and says what ran (log relative to the flow's folder).
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
        tell: told the name of each step that begins.
        after: told all stages so far after each step, skipped or not.

    Returns:
        A stage per step; for one that was skipped, that of the run that made its outputs.

    Raises:
        EdgemlError: a step failed, or ended without its outputs.
    """
    stages: list[Stage] = []
    for step in steps:
        noted = _read(folder / NOTES)
        key = _key(step)
        old = noted.get(step.name, {})
        if old.get("key") == key and old.get("outputs") == _contents(step.outputs):
            stages.append(Stage.model_validate(old["stage"]))
        else:
            tell(step.name)
            stage = step.work()
            missing = [str(path) for path in step.outputs if not path.exists()]
            if missing:
                raise EdgemlError(f"{step.name} ended without {', '.join(missing)}", stage.tool, stage.log)
            entry = {"key": key, "outputs": _contents(step.outputs), "stage": stage.model_dump(mode="json")}
            write_atomic(folder / NOTES, json.dumps({**noted, step.name: entry}, indent=1) + "\n")
            stages.append(stage)
        after(stages)
    return tuple(stages)


def _key(step: FlowStep) -> str:
    text = json.dumps([step.name, step.settings, _contents(step.inputs)])
    return hashlib.sha256(text.encode()).hexdigest()


def _contents(paths: Iterable[Path]) -> list[str]:
    """A digest per path; "" for what is not there."""
    return [_digest(path) for path in paths]


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


def _read(path: Path) -> dict[str, Any]:
    """The notes; a file that is damaged or not there is none, and all is run again."""
    try:
        found = read_json(path, "notes of the steps")
    except EdgemlError:
        return {}
    return found if isinstance(found, dict) else {}
