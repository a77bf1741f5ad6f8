"""The folder of a study: empty, of the same question, or of one that has no trial yet.

Invariant: no trial of another question is lost without `--overwrite`.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from edgeml.errors import EdgemlError
from edgeml.explore import baseline
from edgeml.explore.record import FILE
from edgeml.explore.request import FILE as QUESTION
from edgeml.explore.request import StudyRequest
from edgeml.explore.storage import FILE as STORE
from edgeml.explore.trial import FOLDER
from edgeml.files import write_atomic

_OF_BASELINES = ("preset", "settings", "seed", "epochs", "edgeml", "code")
"""The parts of a question that float baselines depend on."""


def begin_study(root: Path, request: StudyRequest, overwrite: bool) -> None:
    """Keep the question of a study in its folder, which the caller has locked.

    Args:
        root: STUDY.
        request: the question.
        overwrite: where it holds another study with trials, delete that one.

    Raises:
        EdgemlError: it holds another study with trials, or something else.
    """
    path = root / QUESTION
    if path.is_file():
        there = StudyRequest.read(path)
        differences = there.differences(request)
        if not differences:
            return
        if not overwrite and any((root / name).exists() for name in (STORE, FILE, FOLDER)):
            more = f" and {len(differences) - 3} more" if len(differences) > 3 else ""
            raise EdgemlError(
                f"holds another study: {'; '.join(differences[:3])}{more}",
                str(root),
                "choose another folder with --out, or begin anew in this one with --overwrite",
            )
        same = all(getattr(there, key) == getattr(request, key) for key in _OF_BASELINES)
        _clear(root, () if same and not overwrite else (baseline.FOLDER, baseline.OTHERS, baseline.FILE))
    elif root.is_dir() and any(not entry.name.startswith(".") for entry in root.iterdir()):
        raise EdgemlError("is not empty and not a study", str(root), "choose another folder with --out")
    write_atomic(path, request.to_json())


def _clear(root: Path, baselines: tuple[str, ...]) -> None:
    """Delete a study's files, and of its float baselines those that are named."""
    try:
        for name in (
            FOLDER,
            FILE,
            "explore.html",
            "explore.md",
            STORE,
            f"{STORE}-wal",
            f"{STORE}-shm",
            QUESTION,
            *baselines,
        ):
            if (root / name).is_dir():
                shutil.rmtree(root / name)
            else:
                (root / name).unlink(missing_ok=True)
    except OSError as error:
        raise EdgemlError(f"cannot be removed: {error.strerror}", str(root)) from error
