"""Rows of an earlier check that still hold: `edgeml check RUN --with X` runs X and forgets nothing else.

A row holds a digest of what was run: the graph, the golden vectors, and the files of the artefact. As long as
all of these lie in the folder unchanged, what the row says of them is true, whenever it was found; it keeps
its own samples and its own date. A row of anything else becomes NOT RUN, with the reason.

The digest of an artefact is over its .onnx or .keras file, or else over the files of its folder itself and of
`firmware/` in it; what a vendor's tools build below it is not among them. A row of a board has no files: what
was in the board is not in the folder, and the board named the graph itself.

Invariant: nothing here makes a row exact.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from edgeml import backends
from edgeml.checks.artefacts import REFERENCE
from edgeml.checks.board import NAME as BOARD
from edgeml.checks.golden import Golden
from edgeml.checks.keras import NAME as KERAS
from edgeml.checks.result import Check, Result
from edgeml.files import read_bytes
from edgeml.ir import Graph

_OWN = "firmware"
"""The folder inside an hls4ml project that holds what its simulation compiles."""


@dataclass(frozen=True)
class Print:
    """What a runner would run now: its digest, and what `--with` calls it."""

    digest: str
    choice: str


def prints(folder: Path, graph: Graph, golden: Golden) -> dict[str, Print]:
    """What lies in a run folder, by the name of the runner.

    Args:
        folder: the run folder.
        graph: its exact graph.
        golden: all of its vectors.

    Raises:
        EdgemlError: a file cannot be read.
    """
    basis = hashlib.sha256(f"{graph.digest} {golden.digest}".encode())

    def made(*files: Path) -> str:
        total = basis.copy()
        for path in files:
            content = read_bytes(path, "artefact")
            total.update(f"\n{path.relative_to(folder).as_posix()}:{len(content)}:".encode() + content)
        return total.hexdigest()

    found = {REFERENCE: Print(made(), REFERENCE), BOARD: Print(made(), BOARD)}
    model = folder / "model.keras"
    found[KERAS] = Print(made(*([model] if model.is_file() else [])), KERAS)
    for name in backends.names():
        backend = backends.load(name)
        for runner in backend.runners():
            files = _files(folder / backend.folder, runner.artefact)
            found[runner.name] = Print(made(*files), name)
    return found


def stamped(check: Check, now: Mapping[str, Print], at: datetime | None = None) -> Check:
    """The check with the date and, for what was run, the digest in each row."""
    moment = (at or datetime.now(UTC)).isoformat(timespec="seconds")

    def stamp(row: Result) -> Result:
        digest = now[row.backend].digest if row.status != "not-run" and row.backend in now else ""
        return row.model_copy(update={"digest": digest, "checked": moment})

    return check.model_copy(update={"results": tuple(stamp(row) for row in check.results)})


def merged(earlier: Check, check: Check, now: Mapping[str, Print]) -> Check:
    """A new check, with the rows of an earlier one for what was not asked for this time.

    Args:
        earlier: what check.json says.
        check: what was run now.
        now: what lies in the folder.
    """
    asked = {row.backend for row in check.results}
    kept = {row.backend: current(row, now) for row in earlier.results if row.backend not in asked}
    rows = {**kept, **{row.backend: row for row in check.results}}
    order = [*(name for name in now if name in rows), *(name for name in rows if name not in now)]
    return check.model_copy(update={"results": tuple(rows[name] for name in order)})


def current(row: Result, now: Mapping[str, Print]) -> Result:
    """The row if it still holds, else NOT RUN with the reason."""
    if row.status == "not-run":
        return row
    found = now.get(row.backend)
    if row.digest and found is not None and row.digest == found.digest:
        return row
    again = f"edgeml check RUN --with {found.choice if found else row.backend}"
    if not row.digest:
        why = "an earlier check did not note what it ran"
    else:
        why = f"the graph, the samples or its files changed since it was {row.status} on {row.checked[:10]}"
    return Result(backend=row.backend, status="not-run", reason=f"{why} ({again})", checked=row.checked)


def as_it_is(check: Check, folder: Path, graph: Graph, golden: Golden) -> Check:
    """A check as it holds for what lies in the folder now; rows without a digest are taken as they are."""
    there = prints(folder, graph, golden)
    rows = tuple(current(row, there) if row.digest else row for row in check.results)
    return check.model_copy(update={"results": rows})


def _files(folder: Path, artefact: str) -> Iterator[Path]:
    if not (folder / artefact).is_file():
        return
    if Path(artefact).suffix == ".onnx":
        yield folder / artefact
        return
    yield from sorted(path for path in folder.iterdir() if path.is_file())
    yield from sorted(path for path in (folder / _OWN).rglob("*") if path.is_file())
