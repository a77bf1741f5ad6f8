"""Estimates as the command line shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.markup import escape

from edgeml import pipeline
from edgeml.backends.hls4ml.options import Options as Hls4mlOptions
from edgeml.boards import Board
from edgeml.cli.options import comma_list
from edgeml.errors import EdgemlError, unknown_name
from edgeml.estimate import Preflight, preflight
from edgeml.estimate.model import Design
from edgeml.estimate.preflight import range_text
from edgeml.figures import Figure, Hardware
from edgeml.ir import Graph
from edgeml.runs import Run
from edgeml.settings import set_values

COLUMNS = ("board", "design", "LUT", "FF", "DSP", "BRAM", "clocks", "interval", "ns", "verdict")
LAYER_COLUMNS = ("layer", "op", "LUT", "FF", "DSP", "BRAM", "start", "clocks", "reuse")

_DESIGNS: tuple[Design, ...] = ("verilog", "hls4ml")
_STYLES = {"fits": "green", "may not fit": "yellow", "does not fit": "bold red"}


@dataclass(frozen=True)
class Row:
    """One design on one board: what is known, or why nothing is."""

    board: str
    design: Design
    told: Preflight | None
    reason: str = ""

    @property
    def found(self) -> Hardware | None:
        """The estimate."""
        return self.told.estimate if self.told else None

    @property
    def title(self) -> str:
        """Of its table of layers."""
        return f"{self.design} on {self.board}"

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know."""
        return (
            tuple(escape(note) for note in (*self.found.notes, *self.told.remedies))
            if self.told and self.found
            else ()
        )

    def cells(self) -> list[str]:
        """A line of the table."""
        if self.told is None or self.found is None:
            return [self.board, self.design, *["-"] * 7, f"[dim]{escape(self.reason)}[/]"]
        usage = self.found.total
        cycles = self.found.cycles
        ns = "-"
        if cycles is not None and self.found.clock_mhz:
            ns = f"{cycles.value * 1000 / self.found.clock_mhz:,.0f}"
        numbers = (usage.lut, usage.ff, usage.dsp, usage.bram, cycles, self.found.ii)
        state = self.told.state
        over = ", ".join(need.kind.upper() for need in self.told.over)
        verdict = f"[{_STYLES[state]}]{state}[/]{f' ({over})' if over else ''}"
        return [self.board, self.design, *map(shown, numbers), ns, verdict]

    def document(self) -> dict[str, Any]:
        """For --json."""
        document: dict[str, Any] = {"board": self.board, "design": self.design}
        if self.told is None or self.found is None:
            return {**document, "reason": self.reason}
        needs = [
            {"kind": need.kind, "capacity": need.capacity, "state": need.state, **need.figure.model_dump()}
            for need in self.told.needs
        ]
        return {
            **document,
            "state": self.told.state,
            "needs": needs,
            "clock": self.told.clock,
            "limits": list(self.told.limits),
            "remedies": list(self.told.remedies),
            "estimate": self.found.model_dump(mode="json", by_alias=True),
        }


def shown(figure: Figure | None) -> str:
    """A figure in a cell; "-" if it is not known."""
    return "-" if figure is None else range_text(figure)


def layer_cells(found: Hardware) -> list[list[str]]:
    """A line per layer."""
    return [
        [
            escape(layer.layer),
            layer.op,
            *map(shown, (layer.usage.lut, layer.usage.ff, layer.usage.dsp, layer.usage.bram)),
            shown(layer.start),
            shown(layer.cycles),
            str(layer.reuse) if layer.reuse else "-",
        ]
        for layer in found.layers
    ]


def designs(text: str) -> list[Design]:
    """The designs that were named.

    Raises:
        EdgemlError: there is no such design.
    """
    by_name: dict[str, Design] = {design: design for design in _DESIGNS}
    named = comma_list(text, "--design")
    for name in named:
        if name not in by_name:
            raise unknown_name("design", name, _DESIGNS, "--design")
    return [by_name[name] for name in named]


def settings(run: Run, assignments: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Options by back end: the run's targets, and --set over them."""
    chosen = set_values(pipeline.target_settings(run, {}), assignments)
    for group in chosen:
        if group not in _DESIGNS:
            raise unknown_name("design", group, _DESIGNS, "--set")
    return chosen


def rows(
    graph: Graph,
    board: Board,
    wanted: Sequence[Design],
    options: Mapping[str, Mapping[str, Any]],
    strict: bool,
) -> Iterator[Row]:
    """The designs on one board.

    Args:
        graph: the exact graph.
        board: the target.
        wanted: which designs.
        options: by back end.
        strict: a single design that cannot be made is an error instead of a row with the reason.
    """
    for design in wanted:
        try:
            yield Row(
                board.name, design, preflight(graph, board, design, for_board(options.get(design, {}), board))
            )
        except EdgemlError as error:
            if strict and len(wanted) == 1:
                raise
            yield Row(board.name, design, None, error.what)


def for_board(options: Mapping[str, Any], board: Board) -> dict[str, Any]:
    """Options without what belongs to another board: its name, its part, a back end for other chips."""
    kept = {key: value for key, value in options.items() if key not in ("board", "part")}
    if board.hls4ml is not None and "backend" in kept:
        try:
            Hls4mlOptions(backend=kept["backend"], board=board.name).target()
        except EdgemlError:
            del kept["backend"]
    return kept
