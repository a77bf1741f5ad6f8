"""The preflight of our own Verilog: its layout, solved for a goal, and what would make it fit.

Invariant: what the search goes by (`judge`) is the estimate that is shown, ledger and whole board included.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property

from edgeml import fits
from edgeml.backends.verilog.limits import operations
from edgeml.backends.verilog.options import VerilogOptions, parse_options
from edgeml.backends.verilog.stream.factors import dense_layers, is_dense
from edgeml.boards import Board
from edgeml.errors import EdgemlError
from edgeml.estimate import ledger, own
from edgeml.estimate.layouts import SIDE_BY_SIDE
from edgeml.estimate.model import estimate, settled
from edgeml.estimate.solve import Goal
from edgeml.estimate.solve_verilog import Judge, Judged, Layout, Solver
from edgeml.estimate.verdict import Preflight, larger_boards, needs
from edgeml.estimate.verilog import Counted
from edgeml.families import SynthesisTool, fabric
from edgeml.figures import Hardware
from edgeml.fits import Need
from edgeml.ir import Graph
from edgeml.passes import prepare

_MUCH, _FOLDED = 0.4, 0.2
"""The share of a board from which placing takes long, and the one that a fold is proposed for."""


def preflight_verilog(
    graph: Graph,
    board: Board,
    options: VerilogOptions,
    goal: Goal,
    tool: SynthesisTool | None,
    kept: ledger.Ledger | None,
    tell: Callable[[int], None] | None,
) -> Preflight:
    """See whether a design fits; the arguments are those of `edgeml.estimate.preflight`.

    Raises:
        EdgemlError: the graph cannot be expressed, or no reuse factors meet the goal.
    """
    chosen = options
    entries = kept if kept is not None else ledger.Ledger.default()
    solution: Layout | None = None
    if goal:
        solution = solver(graph, board, chosen, tool, entries, tell).best(goal)
        chosen = parse_options({**chosen.model_dump(), "reuse_factor": None, **solution.settings()})
    found = estimate(graph, board, "verilog", chosen, tool, entries)
    clock = _clock(found, board)
    told = Preflight("verilog", board.name, found, needs(found, board), clock, solution=solution)
    if solution is not None:
        told = replace(told, limits=(_limit(graph, chosen, solution),))
    if fits.certain(told.state) or goal:
        return told
    free = chosen.model_copy(update={"mode": "auto", "reuse_factor": None})
    return replace(told, remedies=tuple(_remedies(graph, board, free, tool, entries, found, tell)))


def solver(
    graph: Graph,
    board: Board,
    options: VerilogOptions,
    tool: SynthesisTool | None,
    kept: ledger.Ledger,
    tell: Callable[[int], None] | None = None,
) -> Solver:
    """The layouts of a graph, judged by their estimates on a board.

    Args:
        graph: the exact graph.
        board: the target.
        options: mode and reuse factors in them stay as they are.
        tool: as for `edgeml.estimate.estimate`.
        kept: earlier results.
        tell: told how many pieces were counted so far.
    """
    judge = _judge(graph, board, options, tool, kept)
    return Solver(prepare(graph), options, fabric(board, tool), judge, tell)


def hint(
    graph: Graph,
    board: Board,
    options: VerilogOptions,
    told: Preflight,
    tell: Callable[[int], None] | None = None,
) -> str:
    """A line for whoever is about to place an unrolled design that fills much of an open board; "" if not.

    Args:
        graph: the exact graph.
        board: the target.
        options: what it would be laid out with.
        told: the preflight of that.
        tell: told how many pieces were counted so far.
    """
    lut = next((need for need in told.needs if need.kind == "lut"), None)
    if lut is None or not board.flow.is_open or not told.estimate.settings.startswith("parallel"):
        return ""
    share = lut.figure.value / lut.capacity
    if share <= _MUCH:
        return ""
    long = f"placing and routing {share:.0%} of the chip takes long"
    layout = _folded(graph, board, options, tell)
    if layout is None:
        return long
    return f"{long}; {layout.flags()} would fold it: {_told(graph, board, options, layout)}"


def _folded(
    graph: Graph, board: Board, options: VerilogOptions, tell: Callable[[int], None] | None
) -> Layout | None:
    """The fastest fold, by powers of two, that leaves most LUTs free; None if there is none that fits."""
    free = options.model_copy(update={"mode": "stream", "reuse_factor": None})
    judge = _judge(graph, board, free, "yosys", ledger.Ledger.default())

    def by_lut(counted: Counted) -> Judged:
        judged = judge(counted)
        return replace(judged, area=judged.lut)

    core = prepare(graph)
    widest = max((core.info(name).size for name in core.infos), default=1)
    try:
        layouts = Solver(core, free, fabric(board, "yosys"), by_lut, tell)
    except EdgemlError:
        return None  # it cannot be streamed
    found: Layout | None = None
    for power in range(1, widest.bit_length() + 1):
        try:
            found = layouts.best(Goal(ii=1 << power, fit=True))
        except EdgemlError:
            continue
        if found.judged.area <= _FOLDED:
            return found
    return found if found is not None and found.judged.area <= _MUCH else None


# ---------------------------------------------------------------- what a layout costs


class _Once(ledger.Ledger):
    """A ledger that is read once, however often it is asked."""

    @cached_property
    def _read(self) -> list[ledger.Entry]:
        return super().entries()

    def entries(self) -> list[ledger.Entry]:
        """What was there at first."""
        return self._read


def _judge(
    graph: Graph, board: Board, options: VerilogOptions, tool: SynthesisTool | None, kept: ledger.Ledger
) -> Judge:
    once = _Once(kept.path)

    def judge(counted: Counted) -> Judged:
        made = own.figures(counted, graph.name, graph.digest, board, options, tool)
        rows = needs(settled(made, board, tool, once), board)
        high = [(_share(need, need.high), need.kind) for need in rows]
        worst, kind = max(high)
        values = [_share(need, need.figure.value) for need in rows]
        lut = sum(share for need, share in zip(rows, values, strict=True) if need.kind == "lut")
        state = fits.worst(rows)
        return Judged(fits.certain(state), state != "does not fit", sum(values), lut, worst, kind)

    return judge


def _share(need: Need, amount: float) -> float:
    return amount / need.capacity if need.capacity else float(amount > 0)


def _told(graph: Graph, board: Board, options: VerilogOptions, layout: Layout) -> str:
    """The figures of a layout in a few words."""
    chosen = parse_options({**options.model_dump(), "reuse_factor": None, **layout.settings()})
    rows = needs(estimate(graph, board, "verilog", chosen, "yosys"), board)
    lut = "; ".join(need.text() for need in rows if need.kind in ("lut", "dsp"))
    return f"{lut}, {layout.latency:,} clocks, a sample every {layout.interval:,}"


# ---------------------------------------------------------------- words


def _clock(found: Hardware, board: Board) -> str:
    wanted = found.clock_mhz or board.clock_mhz
    laid = f"clock: {wanted:g} MHz, laid out as {found.settings} by a coarse delay model"
    if wanted > board.clock_mhz:
        return f"{laid}; above the board's {board.clock_mhz:g} MHz: only place and route can tell"
    return f"{laid}; place and route has the last word"


def _limit(graph: Graph, options: VerilogOptions, layout: Layout) -> str:
    core = prepare(graph)
    dense = dense_layers(core)
    unrolled = [name for name in dense if layout.by_layer.get(name, 1) == 1]
    counts = {n.layer: operations(core, n) for n in core.nodes if is_dense(core, n)}
    most = sum(counts[name] for name in unrolled)
    large = {name for name, number in counts.items() if number > SIDE_BY_SIDE}
    folded = [name for name in dense if name in large and layout.mode == "stream"]
    told = f"; not tried with 1: {', '.join(folded)} (over {SIDE_BY_SIDE:,} operations)" if folded else ""
    return (
        f"limits: {most:,} operations of dense layers laid out side by side "
        f"(unroll_limit {options.unroll_limit:,}){told}; all reuse factors are valid"
    )


def _remedies(
    graph: Graph,
    board: Board,
    options: VerilogOptions,
    tool: SynthesisTool | None,
    kept: ledger.Ledger,
    now: Hardware,
    tell: Callable[[int], None] | None,
) -> Sequence[str]:
    """The layout that fits, then boards that do."""
    told: list[str] = []
    try:
        layout = solver(graph, board, options, tool, kept, tell).best(Goal(fit=True))
        told.append(f"--fit would choose {layout.text()} ({layout.latency:,} clocks)")
    except EdgemlError as error:
        told.append(error.what)
    larger = larger_boards(now, board)
    if larger:
        told.append(f"boards of this flow that are large enough: {', '.join(larger)}")
    return told
