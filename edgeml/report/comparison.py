"""Several runs side by side: what of their reports is compared, and which of them compare at all.

Invariant: numbers are those of the runs' own reports, with their sources. Accuracies compare only over the
same test samples, so runs are grouped by the checksum of their data; nothing is ranked across groups.

To compare a further number, add it to `RunRow`, to `row`, and to the template `_models.html.j2`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from edgeml._version import __version__
from edgeml.errors import EdgemlError
from edgeml.estimate.ledger import Ledger
from edgeml.figures import Hardware
from edgeml.report import json
from edgeml.report.facts import Accuracy, Facts, Verdict, verdict
from edgeml.report.facts_hardware import BoardFacts, groups, latency_ns, used
from edgeml.report.numbers import Fact, Number, absent

if TYPE_CHECKING:
    from edgeml.runs import Run

_INPUTS = (
    *("config.toml", "graph.json", "graph.npz", "model.keras", "notes.json", "check.json", "history.csv"),
    *("golden.npz", "onnx/*.onnx", "verilog/edgeml.json", "hls4ml/edgeml.json", "synth/*/result.json"),
)
"""What a report is made of; one that is older than any of it is made anew."""


class RunRow(Fact):
    """One run.

    Attributes:
        key: a letter, in charts and tables.
        label: name of its folder.
        link: of its report.html, seen from the comparison; "" if there is none.
        data: name of the data set.
        checksum: of it.
        post_training: accuracy of the float baseline rounded after training, by its types.
        latency: nanoseconds of one sample under the exact emulator.
        hardware: best source of each design on the board that is compared on; without layers.
    """

    key: str
    label: str
    link: str
    model: str
    summary: str
    graph: str
    data: str
    checksum: str
    note: str
    samples: int
    verdict: Verdict
    accuracy: Accuracy
    post_training: Mapping[str, Number] = {}
    weight_bits: Number
    macs: Number
    bops: Number
    latency: Number
    hardware: tuple[Hardware, ...] = ()


class Comparison(Fact):
    """A whole comparison.

    Attributes:
        board: what hardware is compared on; None if the runs have none in common.
        runs: in the order they were given.
        version: of edgeml.
    """

    schema_: Literal[1] = Field(default=1, alias="schema")
    version: str
    board: BoardFacts | None
    runs: tuple[RunRow, ...]

    def groups(self) -> tuple[tuple[RunRow, ...], ...]:
        """Runs that compare: those of one data set and split."""
        by: dict[str, list[RunRow]] = {}
        for run in self.runs:
            by.setdefault(run.checksum, []).append(run)
        return tuple(tuple(rows) for rows in by.values())


class Point(Fact):
    """One design in a trade-off: less of x and more accuracy are better."""

    key: str
    name: str
    design: str
    x: Number
    accuracy: Number


def up_to_date(run: Run, boards: Sequence[str] = ()) -> Facts | None:
    """The facts in a run's report.json, if nothing it was made of is newer and it has these boards."""
    path = run.report_file("json")
    if not path.is_file():
        return None
    made = path.stat().st_mtime_ns
    inputs = [found for name in _INPUTS for found in run.folder.glob(name)]
    results = Ledger.of_user().path  # what earlier results taught the estimates
    if any(found.stat().st_mtime_ns > made for found in (*inputs, *([results] if results.is_file() else []))):
        return None
    try:
        facts = json.read(path)
    except EdgemlError:
        return None
    if facts.versions.get("edgeml") != __version__:
        return None
    return facts if set(boards) <= {facts.target, *facts.compared} else None


def compare(found: Sequence[tuple[Path, Facts]], folder: Path, boards: Sequence[str] = ()) -> Comparison:
    """Runs side by side.

    Args:
        found: run folder and its facts, at least two.
        folder: where the comparison will be.
        boards: what hardware is compared on by preference, before the runs' own targets.
    """
    board = _common_board([facts for _, facts in found], boards)
    names = Counter(path.resolve().name for path, _ in found)
    rows = [
        row(
            facts,
            _key(index),
            path.name if names[path.resolve().name] == 1 else str(path),
            path,
            folder,
            board,
        )
        for index, (path, facts) in enumerate(found)
    ]
    return Comparison(version=__version__, board=board, runs=tuple(rows))


def row(facts: Facts, key: str, label: str, path: Path, folder: Path, board: BoardFacts | None) -> RunRow:
    """What is compared of one run."""
    best = [
        group[0] for group in groups(facts.hardware, facts.target) if board and group[0].board == board.name
    ]
    page = path / "report.html"
    alone = facts.speed.alone["exact"] if facts.speed else absent(facts.missing["speed"])
    return RunRow(
        key=key,
        label=label or str(path.resolve().name),
        link=Path(os.path.relpath(page.resolve(), folder.resolve())).as_posix() if page.is_file() else "",
        model=facts.model,
        summary=facts.summary,
        graph=facts.graph,
        data=facts.data.name,
        checksum=facts.data.checksum,
        note=facts.data.note,
        samples=facts.samples,
        verdict=verdict(facts),
        accuracy=facts.accuracy,
        post_training={item.types: item.accuracy for item in facts.post_training},
        weight_bits=facts.sizes.weight_bits,
        macs=facts.sizes.macs,
        bops=facts.sizes.bops,
        latency=alone if alone.value is None else Number(value=alone.value * 1000, source=alone.source),
        hardware=tuple(item.model_copy(update={"layers": ()}) for item in best),
    )


def tradeoffs(rows: Sequence[RunRow]) -> dict[str, tuple[Point, ...]]:
    """Accuracy against LUTs, latency and bit operations, for runs that compare; known numbers only."""
    found: dict[str, list[Point]] = {"lut": [], "latency": [], "bops": []}
    for run in rows:
        accuracy = run.accuracy.fixed
        shown = [("bops", "", run.bops)]
        for item in run.hardware:
            shown += [("lut", item.design, used(item, "lut")), ("latency", item.design, latency_ns(item))]
        for what, design, x in shown:
            if x.value and accuracy.value is not None:
                point = Point(key=run.key, name=run.label, design=design, x=x, accuracy=accuracy)
                found[what].append(point)
    return {what: tuple(points) for what, points in found.items()}


def pareto(points: Sequence[Point]) -> tuple[Point, ...]:
    """The points that no other beats in one number without being worse in the other, by rising x."""

    def better(a: Point, b: Point) -> bool:
        ax, ay, bx, by = (float(n.value or 0) for n in (a.x, a.accuracy, b.x, b.accuracy))
        return ax <= bx and ay >= by and (ax, ay) != (bx, by)

    left = [point for point in points if not any(better(other, point) for other in points)]
    return tuple(sorted(left, key=lambda point: (point.x.value or 0, point.accuracy.value or 0)))


def _common_board(found: Sequence[Facts], asked: Sequence[str]) -> BoardFacts | None:
    """A board that every run has figures for: one asked for, or else a target of as many as possible."""
    have = [{item.board for item in facts.hardware if item.board} for facts in found]
    common = set.intersection(*have) if have else set()
    wanted = [name for name, _ in Counter(facts.target for facts in found).most_common()]
    order = [*(name for name in (*asked, *wanted) if name in common), *sorted(common)]
    boards = {board.name: board for facts in found for board in facts.boards}
    return next((boards[name] for name in order if name in boards), None)


def _key(index: int) -> str:
    """A to Z, then AA.

    >>> _key(0), _key(25), _key(26)
    ('A', 'Z', 'AA')
    """
    return ("" if index < 26 else _key(index // 26 - 1)) + chr(ord("A") + index % 26)
