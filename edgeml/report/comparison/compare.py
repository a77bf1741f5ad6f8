"""From the reports of several runs to a comparison.

Invariant: a run whose report is older than anything it was made of counts as having none.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgeml._version import __version__
from edgeml.errors import EdgemlError
from edgeml.estimate import EMPTY, Ledger
from edgeml.report import sections
from edgeml.report.comparison.facts import Comparison, RunRow
from edgeml.report.facts import Facts
from edgeml.report.sections.hardware.facts import BoardFacts, HardwareFacts
from edgeml.report.sections.summary.facts import SummaryFacts

if TYPE_CHECKING:
    from edgeml.runs import Run

_INPUTS = (
    *("config.toml", "graph.json", "graph.npz", "model.keras", "notes.json", "check.json", "history.csv"),
    *("golden.npz", "onnx/*.onnx", "verilog/edgeml.json", "hls4ml/edgeml.json", "synth/*/result.json"),
)
"""The files that a report is made of; one that is older than any of them is made again."""


def up_to_date(run: Run, boards: Sequence[str] = (), ledger: Ledger = EMPTY) -> Facts | None:
    """The facts in a run's report.json, if nothing it was made of is newer and it has these boards.

    Args:
        run: whose report.
        boards: names of boards that it has to have been compared on.
        ledger: earlier results of tools, which its estimates were narrowed by.
    """
    path = run.report_file("json")
    if not path.is_file():
        return None
    written = path.stat().st_mtime_ns
    inputs = [file for name in _INPUTS for file in run.folder.glob(name)]
    if ledger.path.is_file():
        inputs.append(ledger.path)
    if any(file.stat().st_mtime_ns > written for file in inputs):
        return None
    try:
        facts = Facts.read(path)
    except EdgemlError:
        return None
    if facts.part(SummaryFacts).versions.get("edgeml") != __version__:
        return None
    hardware = facts.part(HardwareFacts)
    return facts if set(boards) <= {hardware.target, *hardware.compared} else None


def compare(reports: Sequence[tuple[Path, Facts]], folder: Path, boards: Sequence[str] = ()) -> Comparison:
    """Runs side by side.

    Args:
        reports: run folder and its facts, at least two.
        folder: where the comparison will be.
        boards: what hardware is compared on by preference, before the runs' own targets.
    """
    board = _common_board([facts.part(HardwareFacts) for _, facts in reports], boards)
    names = Counter(path.resolve().name for path, _ in reports)
    rows = [
        row(
            facts,
            _key(index),
            path.name if names[path.resolve().name] == 1 else str(path),
            path,
            folder,
            board,
        )
        for index, (path, facts) in enumerate(reports)
    ]
    return Comparison(version=__version__, board=board, runs=tuple(rows))


def row(facts: Facts, key: str, label: str, path: Path, folder: Path, board: BoardFacts | None) -> RunRow:
    """The row of one run in a comparison."""
    page = path / "report.html"
    values: dict[str, Any] = {
        "key": key,
        "label": label or str(path.resolve().name),
        "link": Path(os.path.relpath(page.resolve(), folder.resolve())).as_posix() if page.is_file() else "",
    }
    for section in sections.every().values():
        if section.compared is not None:
            part = section.compared.take(facts, board)
            values |= {name: getattr(part, name) for name in type(part).model_fields}
    return RunRow.model_validate(values)


def _common_board(reports: Sequence[HardwareFacts], requested: Sequence[str]) -> BoardFacts | None:
    """A board that every run has figures for: one asked for, or else a target of as many as possible."""
    have = [{item.board for item in facts.hardware if item.board} for facts in reports]
    common = set.intersection(*have) if have else set()
    by_frequency = [name for name, _ in Counter(facts.target for facts in reports).most_common()]
    order = [*(name for name in (*requested, *by_frequency) if name in common), *sorted(common)]
    boards = {board.name: board for facts in reports for board in facts.boards}
    return next((boards[name] for name in order if name in boards), None)


def _key(index: int) -> str:
    """A to Z, then AA.

    >>> _key(0), _key(25), _key(26)
    ('A', 'Z', 'AA')
    """
    return ("" if index < 26 else _key(index // 26 - 1)) + chr(ord("A") + index % 26)
