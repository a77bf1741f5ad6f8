"""Remembers which files were compared with a fresh emission and did not deviate, so that it is done once.

A note is named by a digest of everything that the comparison depends on: every file below the back end's
folder, the graph, edgeml's own source, and the versions of what emits. Where one byte of these is another,
there is no such note and the files are emitted and compared anew.

Invariant: only "no deviation at all" is noted, after a comparison that found none.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from functools import cache
from pathlib import Path

from edgeml.backend import Backend
from edgeml.cache import cache_folder, digest
from edgeml.checks.exported import versions
from edgeml.deviations import Deviation
from edgeml.errors import EdgemlError
from edgeml.files import read_bytes
from edgeml.ir import Graph

_MOST = 64 << 20
"""Bytes of a folder that are read for a note; a larger one is compared every time."""


def compare_files(backend: Backend, folder: Path, graph: Graph) -> tuple[Deviation, ...]:
    """As `Backend.compare_files`; what was compared before, byte for byte, is not emitted again.

    Raises:
        EdgemlError: as `Backend.compare_files`.
    """
    note = _note(backend, folder, graph)
    if note is not None and note.is_file():
        return ()
    deviations = backend.compare_files(folder, graph)
    # The files are read again: what was changed in between was not compared.
    if note is not None and not deviations and note == _note(backend, folder, graph):
        with suppress(OSError):
            note.touch()
    return deviations


def _note(backend: Backend, folder: Path, graph: Graph) -> Path | None:
    """The note's path; None where none can be kept."""
    try:
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        if sum(path.stat().st_size for path in files) > _MOST:
            return None
        parts: list[str | bytes] = [_code(), backend.name, graph.digest]
        for path in files:
            parts += [path.relative_to(folder).as_posix(), read_bytes(path, "artefact")]
        return cache_folder("compared") / digest(parts)
    except (EdgemlError, OSError, UnicodeEncodeError):
        return None


@cache
def _code() -> str:
    """A digest of edgeml's source and of the versions of all that emits."""
    parts: list[str | bytes] = [sys.version, *map(" ".join, versions().items())]
    root = Path(__file__).parents[1]
    for path in sorted(root.rglob("*.py")):
        parts += [path.relative_to(root).as_posix(), read_bytes(path, "source")]
    return digest(parts)
