"""Rows of an earlier check that still hold: `edgeml check RUN --with X` runs X and keeps the other rows.

A row holds a digest of what was run (the graph, the golden vectors, and the files of the artefact) and of
what the row itself says. As long as all of these are unchanged, what the row says is true, whenever it was
found; it keeps its own samples and its own date. A row of anything else, or without a digest, becomes NOT
RUN, with the reason.

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
from typing import Any

from edgeml import backends
from edgeml.checks.coverage import Coverage
from edgeml.checks.golden import Golden
from edgeml.checks.names import BOARD, KERAS, MCU, REFERENCE, SOURCE
from edgeml.checks.result import Check, Result
from edgeml.errors import EdgemlError
from edgeml.files import read_bytes
from edgeml.ir import Graph

_OWN = "firmware"
"""The folder inside an hls4ml project that holds what its simulation compiles."""

_COVERING = 1
"""Version of the coverage's definition; raise it when that changes, so that old coverage is not reused."""


@dataclass(frozen=True)
class Print:
    """The digest of what a runner would run now.

    Args:
        digest: of the graph, the vectors and its files; "" if a file cannot be read.
        choice: what `--with` calls it.
        samples: how many real vectors there are.
        synthetic: how many are made from the graph.
    """

    digest: str
    choice: str
    samples: int
    synthetic: int = 0

    def has(self, row: Result) -> bool:
        """True if there are at least as many vectors as the row says it ran."""
        return row.samples <= self.samples and row.synthetic <= self.synthetic


def prints(folder: Path, graph: Graph, golden: Golden) -> dict[str, Print]:
    """The digests of a run folder, by the name of the runner.

    Args:
        folder: the run folder.
        graph: its exact graph.
        golden: all of its vectors.
    """
    basis = hashlib.sha256(f"{graph.digest} {golden.digest}".encode())

    def digest(*files: Path) -> str:
        total = basis.copy()
        for path in files:
            try:
                content = read_bytes(path, "artefact")
            except EdgemlError:
                return ""
            total.update(f"\n{path.relative_to(folder).as_posix()}:{len(content)}:".encode() + content)
        return total.hexdigest()

    def now(choice: str, *files: Path) -> Print:
        return Print(digest(*files), choice, golden.samples, golden.synthetic_count)

    prints_ = {REFERENCE: now(REFERENCE), BOARD: now(BOARD), MCU: now(MCU)}
    for name, pattern in ((KERAS, "model.*"), (SOURCE, "source.*")):
        prints_[name] = now(name, *sorted(path for path in folder.glob(pattern) if path.is_file()))
    for name in backends.names():
        backend = backends.load(name)
        for runner in backend.runners():
            prints_[runner.name] = now(name, *artefact_files(folder / backend.folder, runner.artefact))
        for runner in backend.named_runners():
            prints_[runner.name] = now(runner.name, *artefact_files(folder / backend.folder, runner.artefact))
    return prints_


def stamped(check: Check, now: Mapping[str, Print], at: datetime | None = None) -> Check:
    """The check with the date and, for what was run, the digest in each row."""
    moment = (at or datetime.now(UTC)).isoformat(timespec="seconds")

    def stamp(row: Result) -> Result:
        dated = row.model_copy(update={"checked": moment})
        return dated if _idle(row) else dated.model_copy(update={"digest": _sealed(dated, now)})

    return check.model_copy(update={"results": tuple(stamp(row) for row in check.results)})


def merged(earlier: Check, check: Check, now: Mapping[str, Print]) -> Check:
    """A new check, with the rows of an earlier one for what was not asked for this time.

    Args:
        earlier: what check.json says.
        check: what was run now.
        now: what lies in the folder.
    """
    renewed = {row.backend for row in check.results}
    earlier_rows = {row.backend: current(row, now) for row in earlier.results if row.backend not in renewed}
    rows = {**earlier_rows, **{row.backend: row for row in check.results}}
    order = [*(name for name in now if name in rows), *(name for name in rows if name not in now)]
    return check.model_copy(update={"results": tuple(rows[name] for name in order)})


def current(row: Result, now: Mapping[str, Print]) -> Result:
    """The row if it still holds, else NOT RUN with the reason."""
    print_ = now.get(row.backend)
    unchanged = bool(row.digest) and row.digest == _sealed(row, now)
    if _idle(row) or (unchanged and print_ is not None and print_.has(row)):
        return row
    again = f"edgeml check RUN --with {print_.choice if print_ else row.backend}"
    if print_ is not None and not print_.has(row):
        why = (
            f"it says {row.samples:,} samples and {row.synthetic:,} synthetic, and golden.npz has "
            f"{print_.samples:,} and {print_.synthetic:,}"
        )
    elif not row.digest:
        why = "an earlier check did not note what it ran"
    else:
        word = "failed" if row.failed else row.status
        why = (
            f"the graph, the samples, its files or the row itself changed since it was {word} on "
            f"{row.checked[:10]}"
        )
    return Result(backend=row.backend, status="not-run", reason=f"{why} ({again})", checked=row.checked)


def as_it_is(check: Check, folder: Path, graph: Graph, golden: Golden | None) -> Check:
    """The check, with every row that no longer matches the folder's files turned into NOT RUN.

    Args:
        check: what check.json says.
        folder: the run folder.
        graph: its exact graph.
        golden: all of its vectors; None if there are none.
    """
    there = prints(folder, graph, golden) if golden is not None else {}
    rows = tuple(current(row, there) for row in check.results)
    most = (golden.samples, golden.synthetic_count) if golden is not None else (0, 0)
    counts: dict[str, Any] = {
        "samples": min(check.samples, most[0]),
        "synthetic": min(check.synthetic, most[1]),
    }
    coverage = check.coverage
    if coverage is not None and (golden is None or not covers(coverage, graph, golden)):
        counts["coverage"] = None
    return check.model_copy(update={"results": rows, **counts})


def sealed_coverage(coverage: Coverage, graph: Graph, golden: Golden) -> Coverage:
    """The coverage with its number of real vectors and the digest of its basis and content."""
    counted = coverage.model_copy(update={"samples": golden.samples})
    return counted.model_copy(update={"digest": _seal(counted, graph, golden)})


def covers(coverage: Coverage, graph: Graph, golden: Golden) -> bool:
    """True if the coverage is unedited and of this graph and the first of these vectors."""
    if not coverage.digest or coverage.samples > golden.samples:
        return False
    return coverage.digest == _seal(coverage, graph, golden.head(coverage.samples))


def _seal(coverage: Coverage, graph: Graph, golden: Golden) -> str:
    text = coverage.model_dump_json(exclude={"digest"})
    return hashlib.sha256(f"{_COVERING} {graph.digest} {golden.digest} {text}".encode()).hexdigest()


def _idle(row: Result) -> bool:
    """True for a row of an executor that was not run."""
    return row.status == "not-run" and not row.failed


def _sealed(row: Result, now: Mapping[str, Print]) -> str:
    """The digest of a row and of the files it is about; "" if these cannot be read."""
    print_ = now.get(row.backend)
    if print_ is None or not print_.digest:
        return ""
    text = row.model_dump_json(exclude={"digest"})
    return hashlib.sha256(f"{print_.digest} {text}".encode()).hexdigest()


def artefact_files(folder: Path, artefact: str) -> Iterator[Path]:
    """The files of an artefact that a digest of it is over; none if it is not there."""
    if not (folder / artefact).is_file():
        return
    if Path(artefact).suffix == ".onnx":
        yield folder / artefact
        return
    yield from sorted(path for path in folder.iterdir() if path.is_file())
    yield from sorted(path for path in (folder / _OWN).rglob("*") if path.is_file())
