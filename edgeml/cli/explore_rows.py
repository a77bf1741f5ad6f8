"""A study as the command line shows it: while it goes on, and its front."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.live import Live
from rich.markup import escape

from edgeml.cli.bands import Bands
from edgeml.cli.console import ERR, say
from edgeml.quoting import shell

if TYPE_CHECKING:
    from edgeml.explore.record import StudyRecord, TrialRow
    from edgeml.explore.request import StudyRequest

_LIVE_ROWS = 12


def metrics() -> list[str]:
    """Names of what a trial is measured by."""
    from edgeml.explore import metric

    return list(metric.names())


def knobs() -> list[str]:
    """Names of what a search turns."""
    from edgeml.explore import knob

    return list(knob.names())


def range_begins() -> list[str]:
    """The beginnings of --range, one per knob: weight_bits=."""
    return [f"{name}=" for name in knobs()]


def front_table(record: StudyRecord, most: int = 0) -> Bands:
    """The front, the best by the first objective first.

    Args:
        record: of the study.
        most: rows that are shown, spread over the front; 0 for all.
    """
    from edgeml.explore.page import cell_of, shown_metrics

    names = shown_metrics(record)
    rows = list(record.front)
    if most and len(rows) > most:
        rows = [rows[round(i * (len(rows) - 1) / (most - 1))] for i in range(most)]
    cells: list[list[str]] = []
    for row in rows:
        figures = [cell_of(row, name) for name in names]
        shown = [f"{one.text}{f' ({one.between})' if one.between else ''}" for one in figures]
        test = "-" if row.test_percent is None else f"{row.test_percent:.2f} %"
        number = f"{row.number}{' (knee)' if row.number == record.knee else ''}"
        cells.append([number, *shown, test])
    return Bands(("trial", *(title(name) for name in names), "test part"), cells)


def title(name: str) -> str:
    """The head of a metric's column."""
    from edgeml.explore import metric

    return metric.load(name).title


def times(record: StudyRecord) -> str:
    """Trials and time in a line."""
    counts = ", ".join(f"{number:,} {state}" for state, number in record.counts.items() if number)
    share = 100 * record.search_seconds / max(record.trial_seconds, 1e-9)
    return (
        f"{len(record.columns):,} of {record.trials:,} trials ({counts}); {record.wall_seconds:,.0f} s; "
        f"work on trials {record.trial_seconds:,.0f} s, the search itself {share:.1f} % of that"
    )


def above(row: TrialRow) -> Iterator[str]:
    """A line for each limit that a picked trial is above."""
    from edgeml.explore import metric

    for name, excess in row.excess.items():
        unit = metric.load(name).unit
        far = "not known" if excess is None else f"{unit.text(excess)} above the study's limit"
        yield f"[yellow]above a limit[/] {title(name)}: {far}"


def next_steps(request: StudyRequest, row: TrialRow, place: Path) -> str:
    """The commands to go on with from a picked run."""
    folder, options = shell(str(place)), "".join(f" --set {shell(line)}" for line in row.design_lines)
    if request.place.board is None:
        return f"edgeml export {folder} --to c && edgeml check {folder}"
    export = f"edgeml export {folder} --to {request.design} --board {request.target_name}{options}"
    synth = f" && edgeml synth {folder} --board {request.target_name}{options}"
    return f"{export} && edgeml check {folder}{synth if request.design == 'verilog' else ''}"


def document(record: StudyRecord, root: Path) -> dict[str, Any]:
    """The study for programs: explore.json without the columns of all trials."""
    values = record.model_dump(mode="json", by_alias=True, exclude={"columns"})
    return {"study": str(root), "done": len(record.columns), **values}


class LiveTable:
    """A search on a terminal: the front so far, the work of the moment, the time left; lines in a log.

    Args:
        trials: how many are wanted.
        live: the area of the terminal; None in a log.
    """

    def __init__(self, trials: int, live: Live | None) -> None:
        self._trials, self._live = trials, live
        self._began, self._first = time.monotonic(), -1
        self._line, self._done = "", 0
        self._record: StudyRecord | None = None

    def tell(self, line: str) -> None:
        """Show the work of the moment."""
        if line:
            self._line = line
        self._refresh()

    def row(self, row: TrialRow, record: StudyRecord) -> None:
        """Count a trial."""
        if self._first < 0:
            self._first = row.number
        self._done, self._record = row.number + 1, record
        if self._live is None:
            say(escape(f"trial {row.number}: {row.reason or summary(row, record)}"))
        self._refresh()

    def _refresh(self) -> None:
        if self._live is None:
            return
        status = f"{self._done} of {self._trials} trials, {self._left()}; {self._line}"
        shown = [] if self._record is None else [front_table(self._record, _LIVE_ROWS)]
        self._live.update(Group(*shown, escape(status)))

    def _left(self) -> str:
        """The time left, by the pace so far."""
        new = self._done - max(self._first, 0)
        if new <= 0:
            return "time left not known yet"
        seconds = (time.monotonic() - self._began) / new * (self._trials - self._done)
        return f"about {seconds / 60:.0f} min left" if seconds >= 90 else f"about {seconds:.0f} s left"


def summary(row: TrialRow, record: StudyRecord) -> str:
    """A trial in a line."""
    from edgeml.explore.page import cell_of

    figures = [f"{title(name)} {cell_of(row, name).text}" for name in record.request.objectives]
    state = row.state if row.same_as is None else f"as trial {row.same_as}"
    over = f", above the limit of {', '.join(map(title, row.excess))}" if row.excess else ""
    return f"{state}, {', '.join(figures)}{over}"


@contextmanager
def live_table(trials: int) -> Iterator[LiveTable]:
    """A table that follows a search on standard error and disappears at its end."""
    if not ERR.is_terminal:
        yield LiveTable(trials, None)
        return
    with Live(console=ERR, transient=True, refresh_per_second=4) as live:
        yield LiveTable(trials, live)
