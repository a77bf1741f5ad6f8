"""Before a synthesis: does the design fit the board, its clock and the tools' limits, and what would help."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from edgeml import fits
from edgeml.backends.hls4ml.reuse import UNROLL_LIMIT
from edgeml.backends.verilog.options import VerilogOptions as VerilogOptions
from edgeml.backends.verilog.options import parse_options as parse_verilog
from edgeml.boards import Board
from edgeml.errors import EdgemlError
from edgeml.estimate import ledger
from edgeml.estimate.hls_own import Hls4mlOptions, Planned, figures, parse_hls4ml
from edgeml.estimate.model import Design
from edgeml.estimate.preflight_verilog import preflight_verilog
from edgeml.estimate.solve import Goal, solve
from edgeml.estimate.verdict import Preflight, larger_boards, needs
from edgeml.families import SynthesisTool
from edgeml.figures import Hardware
from edgeml.ir import Graph
from edgeml.passes import prepare


def preflight(
    graph: Graph,
    board: Board,
    design: Design = "verilog",
    options: Mapping[str, Any] | VerilogOptions | Hls4mlOptions | None = None,
    goal: Goal | None = None,
    tool: SynthesisTool | None = None,
    kept: ledger.Ledger | None = None,
    tell: Callable[[int], None] | None = None,
) -> Preflight:
    """See whether a design fits, and solve reuse factors if a goal is given.

    Args:
        graph: the exact graph.
        board: the target.
        design: whose artefact.
        options: as for `edgeml.estimate.estimate`.
        goal: what the reuse factors have to meet; None leaves them as the options say.
        tool: as for `estimate`.
        kept: as for `estimate`.
        tell: told how many pieces of our Verilog were counted so far.

    Raises:
        EdgemlError: the back end cannot express the graph, or no reuse factors meet the goal.
    """
    if design == "hls4ml":
        return _hls4ml(graph, board, options, goal or Goal(), kept)
    chosen = options if isinstance(options, VerilogOptions) else parse_verilog(_plain(options))
    return preflight_verilog(graph, board, chosen, goal or Goal(), tool, kept, tell)


def refuse_if_too_big(
    graph: Graph,
    board: Board,
    design: Design = "verilog",
    options: Mapping[str, Any] | VerilogOptions | Hls4mlOptions | None = None,
    tool: SynthesisTool | None = None,
    goal: Goal | None = None,
    tell: Callable[[int], None] | None = None,
) -> Preflight:
    """The preflight, unless the design certainly does not fit.

    The arguments are those of `preflight`.

    Raises:
        EdgemlError: even the low end of the interval is above the capacity; with the estimate, the
            capacity and what would make it fit.
    """
    told = preflight(graph, board, design, options, goal, tool, tell=tell)
    if told.state != "does not fit":
        return told
    over = "; ".join(
        f"{need.figure.text()} {need.kind.upper()}, the board has {need.capacity:,}"
        for need in told.needs
        if need.state == "does not fit"
    )
    raise EdgemlError(
        f"the design does not fit {board.title}: by estimate it needs {over}",
        board.name,
        "; ".join(told.remedies) or "take a larger board, or make the network smaller",
    )


def _plain(options: Any) -> Mapping[str, Any]:
    return options if isinstance(options, Mapping) else {}


# ---------------------------------------------------------------- hls4ml


def _hls4ml(graph: Graph, board: Board, options: Any, goal: Goal, kept: ledger.Ledger | None) -> Preflight:
    chosen = options if isinstance(options, Hls4mlOptions) else parse_hls4ml(dict(options or {}))
    core = prepare(graph)
    at = Planned(core, board, chosen)
    entries = kept if kept is not None else ledger.Ledger.default()
    solution = solve(at, board, goal, entries) if goal else None
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
    asked = f"clock: {1000.0 / at.clock_ns:g} MHz asked of HLS"
    clock = f"{asked}, which keeps a margin; only place and route can tell"
    told = Preflight("hls4ml", board.name, found, needs(found, board), clock, limits, solution)
    if fits.certain(told.state) or goal:
        return told
    return replace(told, remedies=tuple(_hls4ml_remedies(at, board, found, entries)))


def _hls4ml_remedies(at: Planned, board: Board, found: Hardware, entries: ledger.Ledger) -> list[str]:
    told: list[str] = []
    try:
        fitting = solve(at.opened(), board, Goal(fit=True), entries)
        doubt = "" if fitting.certain else "; even then it may not fit"
        chosen = f"{fitting.text()} ({fitting.project.latency:,} clocks{doubt})"
        told.append(f"--fit would choose the reuse factors {chosen}")
    except EdgemlError as error:
        told.append(error.what)
    larger = larger_boards(found, board)
    if larger:
        told.append(f"boards that are large enough: {', '.join(larger)}")
    return told
