"""`estimate`, `preflight`, `refuse_if_too_big` and `record`: the entrance to the estimates of every design.

Invariant: nothing here reads a file but the ledger that it is given, so equal arguments give equal figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgeml import backends
from edgeml.boards import Board
from edgeml.designs import KINDS, OTHER, AnyDesign, Design
from edgeml.errors import EdgemlError
from edgeml.estimate import ledger as ledgers
from edgeml.estimate.design import DesignEstimator, EstimateInput, Progress
from edgeml.estimate.ledger import EMPTY, Ledger
from edgeml.estimate.solve import Goal
from edgeml.estimate.verdict import Preflight
from edgeml.families import SynthesisTool
from edgeml.figures import Hardware
from edgeml.ir import Graph
from edgeml.passes import prepare
from edgeml.settings import Settings

Options = Mapping[str, Any] | Settings | None
"""Options of a back end: plain, parsed, or None for its defaults."""


def designs(target: type = Board) -> tuple[Design, ...]:
    """The kinds of design for one type of target, in their places in lists and reports."""
    fitting = (name for name in KINDS.names() if load(name).target is target)
    return tuple(sorted(fitting, key=lambda name: load(name).place))


def load(design: Design) -> DesignEstimator[Any]:
    """The estimator of one kind of design.

    Raises:
        EdgemlError: there is none of this name, or its package declares none.
    """
    return KINDS.declared(design, "ESTIMATOR", DesignEstimator)


def design_title(design: AnyDesign) -> str:
    """The name of a kind of design in reports; that of `OTHER` is "another project".

    Raises:
        EdgemlError: as for `load`.
    """
    return "another project" if design == OTHER else load(design).title


def estimate(
    graph: Graph,
    board: Board,
    design: Design = "verilog",
    options: Options = None,
    tool: SynthesisTool | None = None,
    ledger: Ledger = EMPTY,
) -> Hardware:
    """The resources and times of a design on a board, before anything is synthesized.

    Args:
        graph: the exact graph, as the user has it.
        board: the target.
        design: which back end's artefact.
        options: that back end's options, parsed or plain, its defaults if None; for hls4ml the options' own
            board and part give way to `board`.
        tool: whose synthesis of the Verilog: "yosys" or "vendor"; None: the open flow if the board has one.
        ledger: earlier results, which narrow the intervals; by default there are none.

    Returns:
        Figures with source "estimate". Those without an interval are exact: latency, interval and the start
        of every layer of our own Verilog.

    Raises:
        EdgemlError: the back end cannot express the graph, or hls4ml cannot target the board.
    """
    estimator = load(design)
    return estimator.figures(_input(estimator, graph, board, options, tool, ledger))


def preflight(
    graph: Graph,
    board: Board,
    design: Design = "verilog",
    options: Options = None,
    goal: Goal | None = None,
    tool: SynthesisTool | None = None,
    ledger: Ledger = EMPTY,
    progress: Progress | None = None,
) -> Preflight:
    """See whether a design fits, and solve reuse factors if a goal is given.

    Args:
        graph: the exact graph.
        board: the target.
        design: which back end's artefact.
        options: as for `estimate`.
        goal: what the reuse factors have to meet; None leaves them as the options say.
        tool: as for `estimate`.
        ledger: as for `estimate`.
        progress: called with the number of pieces of our Verilog that were counted so far.

    Raises:
        EdgemlError: the back end cannot express the graph, or no reuse factors meet the goal.
    """
    estimator = load(design)
    at = _input(estimator, graph, board, options, tool, ledger)
    return estimator.preflight(at, goal or Goal(), progress)


def refuse_if_too_big(result: Preflight, board: Board) -> Preflight:
    """The preflight, unless the design certainly does not fit the board that it is of.

    Raises:
        EdgemlError: even the low end of the interval is above the capacity; with the estimate, the
            capacity and the remedies.
    """
    if result.state != "does not fit":
        return result
    over = "; ".join(
        f"{need.figure.text()} {need.kind.upper()}, the board has {need.capacity:,}" for need in result.over
    )
    raise EdgemlError(
        f"the design does not fit {board.title}: by estimate it needs {over}",
        board.name,
        "; ".join(result.remedies) or "take a larger board, or make the network smaller",
    )


def hint(
    graph: Graph,
    board: Board,
    options: Options,
    tool: SynthesisTool | None,
    result: Preflight,
    ledger: Ledger = EMPTY,
    progress: Progress | None = None,
) -> str:
    """A warning before our Verilog is placed: it would take long, and these settings would fold it.

    Args:
        graph: the exact graph.
        board: the target.
        options: what it would be laid out with.
        tool: as for `estimate`.
        result: the preflight of that.
        ledger: as for `estimate`.
        progress: as for `preflight`.

    Returns:
        "" if there is nothing to say.
    """
    estimator = load("verilog")
    return estimator.hint(_input(estimator, graph, board, options, tool, ledger), result, progress)


def record(
    graph: Graph, board: Board, real: Hardware, options: Options, ledger: Ledger
) -> ledgers.LedgerEntry:
    """Put a tool's result into the ledger, beside the model's own estimate of the same design.

    Args:
        graph: the exact graph.
        board: what it was made for.
        real: the result of the network alone, without what stands around it, or of a whole board of ours
            after place and route; its `tool`, or else the stage that its source names, tells program and
            version.
        options: what the design was laid out with.
        ledger: where it is put.

    Raises:
        EdgemlError: it is no result of a tool or of another graph, or the ledger cannot be written.
    """
    if real.design == OTHER:
        raise EdgemlError(
            "is of a design that edgeml did not write", real.model, "there is nothing to compare"
        )
    program = real.tool or _program(real) or "unknown tool"
    tool: SynthesisTool = "yosys" if "yosys" in program.lower() else "vendor"
    estimator = load(real.design)
    at = _input(estimator, graph, board, options, tool, EMPTY)
    scope, modelled, fabric = estimator.counterpart(at, real)
    return ledger.add(real, modelled, program, fabric, scope)


def _input(
    estimator: DesignEstimator[Any],
    graph: Graph,
    board: Board,
    options: Options,
    tool: SynthesisTool | None,
    ledger: Ledger,
) -> EstimateInput[Any]:
    parsed = options if isinstance(options, Settings) else estimator.options(options or {})
    emitted = estimator.name in backends.names()  # a kind of design may be estimated before it is emitted
    core = backends.load(estimator.name).prepared(graph) if emitted else prepare(graph)
    return EstimateInput(graph, core, board, parsed, tool, ledger)


def _program(real: Hardware) -> str:
    """The program and version behind the figures; place and route packs what synthesis made."""
    stages = {stage.name: f"{stage.tool} {stage.version}".strip() for stage in real.stages}
    parts = [stages.get("synthesis", ""), stages.get("place", "") if real.source == "place-and-route" else ""]
    return ", ".join(part for part in parts if part)
