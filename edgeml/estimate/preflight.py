"""Before a synthesis: does the design fit the board, its clock and the tools' limits, and what would help.

Invariant: "does not fit" is only said where even the low end of the interval is above the capacity, and
"fits" only where its high end is below; between them lies "may not fit".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from edgeml import boards
from edgeml.backends.hls4ml.reuse import UNROLL_LIMIT
from edgeml.backends.verilog.build import chosen_mode, refusals
from edgeml.backends.verilog.options import Options as VerilogOptions
from edgeml.boards import Board
from edgeml.errors import EdgemlError
from edgeml.estimate import ledger
from edgeml.estimate.family import Tool
from edgeml.estimate.hls_own import Hls4mlOptions, Planned, figures, parse_hls4ml
from edgeml.estimate.model import Design, estimate
from edgeml.estimate.solve import Goal, Solution, solve
from edgeml.figures import Figure, Hardware
from edgeml.ir import Graph
from edgeml.passes.expand import Expand

State = Literal["fits", "may not fit", "does not fit"]

_WORST: Mapping[State, int] = {"fits": 0, "may not fit": 1, "does not fit": 2}


@dataclass(frozen=True)
class Need:
    """One resource: what is needed, and what the board has."""

    kind: str
    figure: Figure
    capacity: int

    @property
    def state(self) -> State:
        """Whether it fits."""
        low = self.figure.low if self.figure.low is not None else self.figure.value
        high = self.figure.high if self.figure.high is not None else self.figure.value
        if low > self.capacity:
            return "does not fit"
        return "may not fit" if high > self.capacity else "fits"

    def text(self) -> str:
        """As a person reads it."""
        share = self.figure.value / self.capacity
        return f"{range_text(self.figure)} {self.kind.upper()} of {self.capacity:,} ({share:.0%})"


@dataclass(frozen=True)
class Preflight:
    """What is known before a synthesis.

    Args:
        design: whose artefact.
        board: the target's name.
        estimate: the figures.
        needs: every resource that the board has.
        clock: what is known of the clock.
        limits: the tools' limits, and whether they are kept.
        solution: reuse factors that were asked for; None if none were.
        remedies: what would make it fit; empty if it does.
    """

    design: Design
    board: str
    estimate: Hardware
    needs: tuple[Need, ...]
    clock: str
    limits: tuple[str, ...] = ()
    solution: Solution | None = None
    remedies: tuple[str, ...] = ()

    @property
    def state(self) -> State:
        """The worst of all resources."""
        return max((need.state for need in self.needs), key=lambda state: _WORST[state])

    @property
    def over(self) -> tuple[Need, ...]:
        """What may not fit or does not."""
        return tuple(need for need in self.needs if need.state != "fits")

    def lines(self) -> tuple[str, ...]:
        """The verdict for people, a sentence or a figure each."""
        named = boards.load(self.board).title if self.board in boards.names() else self.board
        verdict = {
            "fits": f"fits {named}",
            "may not fit": f"may not fit {named}: the interval reaches beyond its "
            + ", ".join(need.kind.upper() for need in self.over),
            "does not fit": f"does not fit {named}: "
            + "; ".join(need.text() for need in self.needs if need.state == "does not fit"),
        }[self.state]
        time = ""
        if self.estimate.cycles is not None and self.estimate.clock_mhz:
            ns = self.estimate.cycles.value * 1000 / self.estimate.clock_mhz
            ii = "" if self.estimate.ii is None else f", a sample every {range_text(self.estimate.ii)}"
            time = (
                f"latency {range_text(self.estimate.cycles)} clocks ({ns:,.0f} ns at "
                f"{self.estimate.clock_mhz:g} MHz){ii}"
            )
        told = [f"estimate: {verdict}", *self._figures(), time, self.clock]
        told += list(self.limits)
        if self.solution is not None:
            factors = ", ".join(
                f"{name} {how.strategy} {how.reuse_factor}" for name, how in self.solution.by_layer.items()
            )
            proof = (
                "the best of all valid ones"
                if self.solution.proven
                else "the best found, search not complete"
            )
            told.append(f"reuse factors ({proof}; minimized: {self.solution.minimized}): {factors}")
        return tuple(line for line in [*told, *self.remedies] if line)

    def _figures(self) -> tuple[str, ...]:
        """What is needed; where a top stands around the network, with and without it."""
        needed = "; ".join(need.text() for need in self.needs)
        if self.estimate.whole is None:
            return (needed,)
        alone = ", ".join(
            f"{range_text(figure)} {kind.upper()}" for kind, figure in self.estimate.total.known().items()
        )
        return (f"whole board after packing: {needed}", f"the network alone after synthesis: {alone}")


def range_text(figure: Figure) -> str:
    """A figure with its interval: "1,200 (900 to 1,500)"."""
    if figure.low is None or figure.high is None or figure.low == figure.high:
        return _number(figure.value)
    return f"{_number(figure.value)} ({_number(figure.low)} to {_number(figure.high)})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"


def preflight(
    graph: Graph,
    board: Board,
    design: Design = "verilog",
    options: Mapping[str, Any] | VerilogOptions | Hls4mlOptions | None = None,
    goal: Goal | None = None,
    tool: Tool | None = None,
    kept: ledger.Ledger | None = None,
) -> Preflight:
    """See whether a design fits, and solve reuse factors if a goal is given.

    Args:
        graph: the exact graph.
        board: the target.
        design: whose artefact.
        options: as for `edgeml.estimate.estimate`.
        goal: what the reuse factors of an hls4ml project have to meet; None leaves them as the options say.
        tool: as for `estimate`.
        kept: as for `estimate`.

    Raises:
        EdgemlError: the back end cannot express the graph, or no reuse factors meet the goal.
    """
    if design == "hls4ml":
        return _hls4ml(graph, board, options, goal or Goal(), kept)
    if goal:
        raise EdgemlError("reuse factors are solved for hls4ml only", "verilog", "set reuse_factor yourself")
    found = estimate(graph, board, design, options, tool, kept)
    told = Preflight(design, board.name, found, needs(found, board), _verilog_clock(found, board))
    if told.state == "fits":
        return told
    return _with(told, remedies=tuple(_verilog_remedies(graph, board, options, tool, kept, found)))


def refuse_if_too_big(
    graph: Graph,
    board: Board,
    design: Design = "verilog",
    options: Mapping[str, Any] | VerilogOptions | Hls4mlOptions | None = None,
    tool: Tool | None = None,
) -> Preflight:
    """The preflight, unless the design certainly does not fit.

    Raises:
        EdgemlError: even the low end of the interval is above the capacity; with the estimate, the
            capacity and what would make it fit.
    """
    told = preflight(graph, board, design, options, tool=tool)
    if told.state != "does not fit":
        return told
    over = "; ".join(
        f"{range_text(need.figure)} {need.kind.upper()}, the board has {need.capacity:,}"
        for need in told.needs
        if need.state == "does not fit"
    )
    raise EdgemlError(
        f"the design does not fit {board.title}: by estimate it needs {over}",
        board.name,
        "; ".join(told.remedies) or "take a larger board, or make the network smaller",
    )


def needs(found: Hardware, board: Board) -> tuple[Need, ...]:
    """Every estimated resource against the board's: of the whole board where that is known."""
    return tuple(
        Need(kind, figure, capacity)
        for kind, figure in (found.whole or found.total).known().items()
        if (capacity := getattr(board.resources, kind)) is not None
    )


def _with(told: Preflight, **changes: Any) -> Preflight:
    return Preflight(**{**vars(told), **changes})


# ---------------------------------------------------------------- our Verilog


def _verilog_clock(found: Hardware, board: Board) -> str:
    wanted = found.clock_mhz or board.clock_mhz
    laid = f"clock: {wanted:g} MHz, laid out as {found.settings} by a coarse delay model"
    if wanted > board.clock_mhz:
        return f"{laid}; above the board's {board.clock_mhz:g} MHz: only place and route can tell"
    return f"{laid}; place and route has the last word"


def _verilog_remedies(
    graph: Graph, board: Board, options: Any, tool: Tool | None, kept: ledger.Ledger | None, now: Hardware
) -> list[str]:
    """Other layouts that fit, then boards that do."""
    expanded = Expand().apply(graph)
    given = options.model_dump() if isinstance(options, VerilogOptions) else dict(options or {})
    chosen = VerilogOptions(**given)
    told: list[str] = []
    widest = max((graph.info(name).size for name in graph.infos), default=1)
    tries = [None, *(reuse for reuse in (16, 64, 256, 1024) if reuse <= widest)]
    for reuse in tries:
        other = {**given, "mode": "stream", "reuse_factor": reuse}
        if chosen_mode(expanded, chosen) == "stream" and (reuse or 0) <= (chosen.reuse_factor or 0):
            continue
        if refusals(expanded, VerilogOptions(**other)):
            break
        found = estimate(graph, board, "verilog", other, tool, kept)
        if all(need.state == "fits" for need in needs(found, board)):
            shown = "mode=stream" + (f" with reuse_factor={reuse}" if reuse else "")
            told.append(
                f"{shown} would fit: {'; '.join(n.text() for n in needs(found, board) if n.kind == 'lut')}"
            )
            break
    larger = _larger_boards(now, board)
    if larger:
        told.append(f"boards of this flow that are large enough: {', '.join(larger)}")
    return told


def _larger_boards(found: Hardware, board: Board) -> list[str]:
    """Boards of the same flow on which the same figures fit, smallest first."""
    fitting = [
        other
        for other in (boards.load(name) for name in boards.names())
        if other.flow is board.flow
        and other.resources.lut_kind == board.resources.lut_kind
        and all(need.state == "fits" for need in needs(found, other))
    ]
    return [other.name for other in sorted(fitting, key=lambda other: other.resources.lut)[:3]]


# ---------------------------------------------------------------- hls4ml


def _hls4ml(graph: Graph, board: Board, options: Any, goal: Goal, kept: ledger.Ledger | None) -> Preflight:
    chosen = options if isinstance(options, Hls4mlOptions) else parse_hls4ml(dict(options or {}))
    expanded = Expand().apply(graph)
    at = Planned(expanded, board, chosen)
    entries = kept if kept is not None else ledger.Ledger.default()
    solution = solve(at, board, goal) if goal else None
    ways = solution.ways if solution else at.ways()
    project = solution.project if solution else at.model.project(ways)
    found = entries.applied(figures(at, ways, project, graph.name, graph.digest, board), at.chip.name)
    largest = max(
        (
            layer.products[0] * layer.products[1] // ways[layer.name].reuse_factor
            for layer in at.plan.layers
            if layer.products is not None
        ),
        default=0,
    )
    limits = (
        f"limits: at most {largest:,} products unrolled in a layer (HLS tools unroll {UNROLL_LIMIT:,}); "
        "all reuse factors are valid",
    )
    clock = f"clock: {at.clock_ns:g} ns asked of HLS, which keeps a margin; only place and route can tell"
    told = Preflight("hls4ml", board.name, found, needs(found, board), clock, limits, solution)
    if told.state == "fits" or goal:
        return told
    return _with(told, remedies=tuple(_hls4ml_remedies(at, board, found)))


def _hls4ml_remedies(at: Planned, board: Board, found: Hardware) -> list[str]:
    told: list[str] = []
    try:
        fitting = solve(at.opened(), board, Goal(fit=True))
        factors = ", ".join(f"{name} {how.reuse_factor}" for name, how in fitting.by_layer.items())
        told.append(f"--fit would choose the reuse factors {factors} ({fitting.project.latency:,} clocks)")
    except EdgemlError as error:
        told.append(error.what)
    larger = _larger_boards(found, board)
    if larger:
        told.append(f"boards that are large enough: {', '.join(larger)}")
    return told
