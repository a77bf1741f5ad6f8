"""The steps that write pages: the report of a run, and the comparison of several."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from edgeml.errors import EdgemlError
from edgeml.pipeline.step import Tell, alone, quiet
from edgeml.runs import Run

if TYPE_CHECKING:
    from edgeml.boards import Board
    from edgeml.estimate import Ledger
    from edgeml.report.comparison.facts import Comparison
    from edgeml.report.facts import Facts


@alone
def report(
    run: Run,
    ledger: Ledger,
    tell: Tell = quiet,
    folder: Path | None = None,
    boards: Sequence[Board] = (),
) -> Facts:
    """Write report.json, report.md and report.html from what lies in the run folder.

    Args:
        run: what it is about.
        ledger: earlier results of tools, which narrow the estimates.
        tell: called with a line about each step that begins.
        folder: where it is written; the run folder by default.
        boards: to compare its designs on; none: those it was made for, and a few of each kind.

    Raises:
        EdgemlError: a file is missing or damaged.
        MissingToolError: the report's packages are not installed.
    """
    from edgeml.report import write
    from edgeml.report.collect import collect

    tell("collecting facts")
    facts = collect(run, tell, boards, ledger)
    tell("drawing")
    write(facts, folder or run.folder)
    return facts


def compare(
    runs: Sequence[Run],
    folder: Path,
    ledger: Ledger,
    tell: Tell = quiet,
    boards: Sequence[Board] = (),
) -> Comparison:
    """Write comparison.json, comparison.md and comparison.html of several runs.

    A run whose report is older than what it is made of, or lacks a board, gets a new one first.

    Args:
        runs: at least two.
        folder: where it is written.
        ledger: earlier results of tools, which narrow the estimates.
        tell: called with a line about each step that begins.
        boards: to compare on: the first that all runs have figures for.

    Raises:
        EdgemlError: a run is named twice, or its report cannot be made.
        MissingToolError: the report's packages are not installed.
    """
    from edgeml.report import render_comparison
    from edgeml.report.comparison import compare as comparing

    folders = [run.folder.resolve() for run in runs]
    for run, place in zip(runs, folders, strict=True):
        if folders.count(place) > 1:
            raise EdgemlError("is named twice", str(run.folder), "name each run once")
    reports: list[tuple[Path, Facts]] = []
    for run in runs:

        def tell_of(what: str, name: str = run.folder.name) -> None:
            tell(f"{name}: {what}")

        facts = comparing.up_to_date(run, [board.name for board in boards], ledger)
        reports.append((run.folder, facts or report(run, ledger, tell_of, boards=boards)))
    tell("drawing")
    comparison = comparing.compare(reports, folder, [board.name for board in boards])
    render_comparison(comparison).write(folder)
    return comparison
