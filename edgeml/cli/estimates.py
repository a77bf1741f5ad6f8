"""Estimates as the command line shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from rich.markup import escape

from edgeml import boards
from edgeml.boards import Board
from edgeml.cli.console import say
from edgeml.cli.options import comma_list
from edgeml.cli.steps import working
from edgeml.designs import Design
from edgeml.errors import EdgemlError, unknown_name
from edgeml.estimate import Ledger, Preflight, preflight
from edgeml.estimate import designs as kinds
from edgeml.estimate.entrance import load
from edgeml.estimate.quality import quality
from edgeml.figures import Hardware, figure_text
from edgeml.ir import Graph
from edgeml.runs import Run
from edgeml.synth.wish import Wish, clock_ns

COLUMNS = ("board", "design", "LUT", "FF", "DSP", "BRAM", "clocks", "interval", "MHz", "ns", "verdict")
LAYER_COLUMNS = ("layer", "op", "LUT", "FF", "DSP", "BRAM", "start", "clocks", "reuse")

STYLES = {
    "unknown": "dim",
    "fits": "green",
    "tight": "yellow",
    "may not fit": "yellow",
    "does not fit": "bold red",
}


@dataclass(frozen=True)
class EstimateRow:
    """One design on one board: its preflight, or the reason why there is none."""

    board: str
    design: Design
    preflight: Preflight | None
    reason: str = ""

    @property
    def estimate(self) -> Hardware | None:
        """The estimate."""
        return self.preflight.estimate if self.preflight else None

    @property
    def title(self) -> str:
        """The title of its table of layers."""
        return f"{self.design} on {self.board}"

    def notes(self, verbose: bool) -> tuple[str, ...]:
        """The notes for the reader; statistics of the estimate in a few words unless `verbose`."""
        if self.preflight is None or self.estimate is None:
            return ("" if not self.reason else f"{escape(self.title)}: {escape(self.reason)}",)
        own = (self.preflight.chosen, *self.preflight.remedies)
        notes = self.estimate.notes if verbose else brief(self.estimate)
        return tuple(escape(note) for note in (*notes, *(f"{self.title}: {line}" for line in own if line)))

    def cells(self) -> list[list[str]]:
        """Lines of the table: the network, and the whole board where it is known, which has to fit."""
        if self.preflight is None or self.estimate is None:
            return [[escape(self.board), self.design, *["-"] * 8, "[dim]not estimated[/]"]]
        usage, whole = self.estimate.total, self.estimate.whole
        cycles = self.estimate.cycles
        time = self.estimate.latency_ns
        clock = f"{self.estimate.clock_mhz:.4g}" if self.estimate.clock_mhz else "-"
        ns = "-" if time is None else f"{time.value:,.0f}"
        numbers = (usage.lut, usage.ff, usage.dsp, usage.bram, cycles, self.estimate.ii)
        state = self.preflight.state
        over = ", ".join(need.kind.upper() for need in self.preflight.over)
        verdict = f"[{STYLES[state]}]{state}[/]{f' ({over})' if over else ''}"
        alone = [escape(self.board), self.design, *map(figure_text, numbers), clock, ns]
        if whole is None:
            return [[*alone, verdict]]
        packed = map(figure_text, (whole.lut, whole.ff, whole.dsp, whole.bram))
        return [
            [*alone, "[dim]the network, synthesized[/]"],
            ["", "", *packed, "", "", "", "", f"{verdict} [dim]whole board, packed[/]"],
        ]

    def document(self) -> dict[str, Any]:
        """For --json."""
        document: dict[str, Any] = {"board": self.board, "design": self.design}
        if self.preflight is None or self.estimate is None:
            return {**document, "reason": self.reason}
        needs = [
            {"kind": need.kind, "capacity": need.capacity, "state": need.state, **need.figure.model_dump()}
            for need in self.preflight.needs
        ]
        return {
            **document,
            "state": self.preflight.state,
            "needs": needs,
            "clock": self.preflight.clock,
            "limits": list(self.preflight.limits),
            "remedies": list(self.preflight.remedies),
            **solution(self.preflight),
            "estimate": self.estimate.model_dump(mode="json", by_alias=True),
        }


def solution(result: Preflight) -> dict[str, Any]:
    """The chosen layout, for --json: its options, and whether it is the best; {} if none was chosen."""
    layout = result.solution
    if layout is None:
        return {}
    return {
        "solution": {"settings": layout.settings(), "minimized": layout.minimized, "proven": layout.proven}
    }


def layer_cells(hardware: Hardware) -> list[list[str]]:
    """A line per layer."""
    return [
        [
            escape(layer.layer),
            layer.op,
            *map(figure_text, (layer.usage.lut, layer.usage.ff, layer.usage.dsp, layer.usage.bram)),
            figure_text(layer.start),
            figure_text(layer.cycles),
            str(layer.reuse) if layer.reuse else "-",
        ]
        for layer in hardware.layers
    ]


def designs(text: str) -> list[Design]:
    """The designs that were named.

    Raises:
        EdgemlError: there is no such design.
    """
    named = comma_list(text, "--design")
    for name in named:
        if name not in kinds():
            raise unknown_name("design", name, kinds(), "--design")
    return named


OptionsOf: TypeAlias = Callable[[Board], Mapping[str, Mapping[str, Any]]]
"""Options by back end, for a board."""


def settings(run: Run, clock_mhz: float | None, assignments: Sequence[str]) -> OptionsOf:
    """Options by back end for a board: --clock and --set over the run's targets over the board's own.

    Raises:
        EdgemlError: --set names a back end that is not estimated.
    """
    for group in run.settings(None, assignments)[1]:
        if group not in kinds():
            raise unknown_name("design", group, kinds(), "--set")

    def of(board: Board) -> dict[str, dict[str, Any]]:
        return run.settings(None, assignments, board, clock_mhz)[1]

    return of


def rows(
    graph: Graph,
    board: Board,
    selection: Sequence[Design],
    options: OptionsOf,
    strict: bool,
    wish: Wish,
    ledger: Ledger,
    progress: Callable[[int], None],
) -> Iterator[EstimateRow]:
    """The designs on one board.

    Args:
        graph: the exact graph.
        board: the target.
        selection: which designs.
        options: by back end, for the board.
        strict: a single design that cannot be made is an error instead of a row with the reason.
        wish: what reuse factors are chosen for.
        ledger: earlier results, which narrow the intervals.
        progress: called with the number of pieces counted so far.
    """
    for design in selection:
        try:
            chosen = dict(options(board).get(design, {}))
            for named in ("board", "part"):
                chosen.pop(named, None)
            goal = wish.goal(clock_ns(design, chosen, board))
            yield EstimateRow(
                board.name,
                design,
                preflight(graph, board, design, chosen, goal, ledger=ledger, progress=progress),
            )
        except EdgemlError as error:
            if strict and len(selection) == 1:
                raise
            yield EstimateRow(board.name, design, None, error.what)


def laid_out(
    design: Design, graph: Graph, options: Mapping[str, Any], wish: Wish, board: str | None, warns: bool
) -> dict[str, Any]:
    """Say on standard error whether a design fits, and choose its layout if the user has a wish.

    Args:
        design: the kind.
        graph: the exact graph.
        options: of its back end.
        wish: what the layout has to meet.
        board: the target's name; None: there is nothing to say.
        warns: a design that does not fit is a warning, since this very command names the board.

    Returns:
        The options, with the layout that was chosen.

    Raises:
        EdgemlError: no layout meets the wish.
    """
    if board is None:
        return dict(options)
    target = boards.load(board)
    plain = {key: value for key, value in options.items() if key not in ("board", "part")}
    try:
        with working("export") as tell:
            goal, ledger = wish.goal(clock_ns(design, plain, target)), Ledger.of_user()
            result = preflight(graph, target, design, plain, goal, ledger=ledger, progress=counting(tell))
    except EdgemlError as error:
        if wish:
            raise
        if load(design).unsuited(target):  # any other fault is reported by the back end itself
            say(f"[dim]no estimate: {escape(str(error))}[/]")
        return dict(options)
    _say_lines(result, certain=result.state == "does not fit" and warns)
    return {**options, **(result.solution.settings() if result.solution is not None else {})}


def counting(tell: Callable[[str], None]) -> Callable[[int], None]:
    """The progress of a search in words."""
    return lambda pieces: tell(f"counting layouts: {pieces} pieces")


def _say_lines(result: Preflight, certain: bool) -> None:
    say(f"[bold]{result.design}[/]")
    for line in result.lines():
        warns = certain and line.startswith("estimate:")
        say(f"[bold yellow]warning:[/] {escape(line)}" if warns else escape(line))


def brief(hardware: Hardware) -> tuple[str, ...]:
    """The notes of an estimate, its statistics in a few words: how far off its LUTs mostly are."""
    sorted_notes = quality(hardware)
    if not sorted_notes.line:
        return sorted_notes.notes
    return (
        f"{hardware.design}: {sorted_notes.line}; --verbose says how the estimate was checked",
        *sorted_notes.notes,
    )
