"""The designs that are shown layer by layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeml.report.sections.hardware.design import DesignOnBoard
from edgeml.report.sections.hardware.facts import BoardFacts, HardwareFacts, HardwareRow
from edgeml.report.sections.hardware.groups import (
    DesignGroup,
    EstimateNotes,
    detailed,
    estimate_notes,
    groups,
)
from edgeml.report.words import amount, number

if TYPE_CHECKING:
    from edgeml.report.comparison.facts import RunRow
    from edgeml.report.facts import Facts


def view(facts: Facts) -> tuple[DesignGroup, ...]:
    """The designs with a tool's figures, and those on the target board."""
    return detailed(facts.part(HardwareFacts))


def row(facts: Facts, board: BoardFacts | None) -> HardwareRow:
    """The best source of each design of a run on a board, without its layers."""
    own = facts.part(HardwareFacts)
    best = [group.best.item for group in groups(own) if board and group.best.item.board == board.name]
    return HardwareRow(hardware=tuple(item.model_copy(update={"layers": ()}) for item in best))


def designs(run: RunRow, board: BoardFacts | None) -> tuple[DesignOnBoard, ...]:
    """A run's designs on the board that is compared on."""
    return tuple(DesignOnBoard(item, board) for item in run.part(HardwareRow).hardware)


class ComparedHardware:
    """The designs of several runs on one board.

    Args:
        runs: in the order they were given.
        board: that all of them have figures for; None if there is none.
    """

    def __init__(self, runs: tuple[RunRow, ...], board: BoardFacts | None) -> None:
        self.rows: tuple[tuple[RunRow, DesignOnBoard], ...] = tuple(
            (run, design) for run in runs for design in designs(run, board)
        )
        labelled = [(f"{run.key} {run.label}", design) for run, design in self.rows]
        self.notes: tuple[EstimateNotes, ...] = estimate_notes(labelled)


def digest(facts: Facts) -> str:
    """The first design in a line, with how good its estimate is."""
    shown = view(facts)
    if not shown:
        return ""
    best = shown[0].best
    lut, clock = best.resources["lut"], f" at {amount(best.mhz)} MHz" if best.mhz else ""
    parts = [f"{best.name} on {best.place}"]
    if lut.count.value is not None:
        parts.append(f"{amount(lut.count.value)} LUTs")
    if best.latency.value is not None:
        parts.append(f"{number(best.latency, 'ns')}{clock}")
    if best.quality.line:
        parts.append(best.quality.short)
    return ", ".join(parts)
