"""`estimate`: the one entrance to both models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from edgeml.backend import refusal_error
from edgeml.backends.verilog.build import refusals
from edgeml.backends.verilog.options import VerilogOptions as VerilogOptions
from edgeml.backends.verilog.options import parse_options as parse_verilog
from edgeml.boards import Board
from edgeml.errors import EdgemlError
from edgeml.estimate import ledger, placement
from edgeml.estimate.hls_own import Hls4mlOptions, estimate_hls4ml, parse_hls4ml
from edgeml.estimate.own import estimate_verilog
from edgeml.families import SynthesisTool, fabric
from edgeml.figures import Hardware
from edgeml.ir import Graph
from edgeml.passes import prepare

Design = Literal["verilog", "hls4ml"]
"""edgeml's own Verilog, or an hls4ml project."""


def estimate(
    graph: Graph,
    board: Board,
    design: Design = "verilog",
    options: Mapping[str, Any] | VerilogOptions | Hls4mlOptions | None = None,
    tool: SynthesisTool | None = None,
    kept: ledger.Ledger | None = None,
) -> Hardware:
    """What a design would need on a board, before anything is synthesized.

    Args:
        graph: the exact graph, as the user has it.
        board: the target.
        design: which back end's artefact.
        options: that back end's options, parsed or plain, its defaults if None; for hls4ml the options' own
            board and part give way to `board`.
        tool: whose synthesis of the Verilog: "yosys" or "vendor"; None: the open flow if the board has one.
        kept: earlier results, which narrow the intervals; None: the user's own ledger.

    Returns:
        Figures with source "estimate". Those without an interval are exact: latency, interval and the start
        of every layer of our own Verilog.

    Raises:
        EdgemlError: the back end cannot express the graph, or hls4ml cannot target the board.
    """
    entries = kept if kept is not None else ledger.Ledger.default()
    if design == "hls4ml":
        chosen = options if isinstance(options, Hls4mlOptions) else parse_hls4ml(_plain(options))
        made = estimate_hls4ml(prepare(graph), graph.digest, board, chosen)
        return entries.applied(made, fabric(board, "vendor").name)
    settings = options if isinstance(options, VerilogOptions) else parse_verilog(_plain(options))
    core = prepare(graph)
    if found := refusals(core, settings):
        raise refusal_error("verilog", found)
    made = estimate_verilog(core, graph.digest, board, settings, tool)
    return settled(made, board, tool, entries)


def settled(made: Hardware, board: Board, tool: SynthesisTool | None, kept: ledger.Ledger) -> Hardware:
    """The model's own estimate of our Verilog, moved by what was measured before.

    Args:
        made: the model's estimate.
        board: the target.
        tool: whose synthesis.
        kept: earlier results.
    """
    chip = fabric(board, tool).name
    told = kept.applied(made, chip)
    boards = kept.applied(made, chip, "board")
    if boards.whole != made.whole:
        # What whole boards came to says more than the network's share of it.
        return told.model_copy(
            update={"whole": boards.whole, "notes": (*told.notes, *boards.notes[len(made.notes) :])}
        )
    if told.whole is None or told.total == made.total:
        return told
    return told.model_copy(update={"whole": placement.moved(told.whole, made.total, told.total)})


def record(
    graph: Graph,
    board: Board,
    real: Hardware,
    options: Mapping[str, Any] | VerilogOptions | Hls4mlOptions | None = None,
    kept: ledger.Ledger | None = None,
) -> ledger.Entry:
    """Put a tool's result into the ledger, beside the model's own estimate of the same design.

    Args:
        graph: the exact graph.
        board: what it was made for.
        real: the result of the network alone, without what stands around it, or of a whole board of ours
            after place and route; its `tool`, or else the stage that its source names, tells program and
            version.
        options: what the design was laid out with.
        kept: the ledger; None: the user's own.

    Raises:
        EdgemlError: it is no result of a tool or of another graph, or the ledger cannot be written.
    """
    entries = kept if kept is not None else ledger.Ledger.default()
    if real.design == "other":
        raise EdgemlError(
            "is of a design that edgeml did not write", real.model, "there is nothing to compare"
        )
    named = real.tool or _program(real) or "unknown tool"
    chosen: SynthesisTool = "yosys" if real.design == "verilog" and "yosys" in named.lower() else "vendor"
    scope, made = _alike(graph, board, real, options, chosen)
    return entries.add(real, made, named, fabric(board, chosen).name, scope)


def _alike(
    graph: Graph, board: Board, real: Hardware, options: Any, tool: SynthesisTool
) -> tuple[ledger.Scope, Hardware]:
    """What a result counts, and the model's estimate of just that."""
    if real.design == "hls4ml" and real.reached in ("estimated", "simulated"):
        settings = options if isinstance(options, Hls4mlOptions) else parse_hls4ml(_plain(options))
        made = estimate_hls4ml(prepare(graph), graph.digest, board, settings, reported=True)
        return "report", made
    design: Design = "hls4ml" if real.design == "hls4ml" else "verilog"
    made = estimate(graph, board, design, options, tool, ledger.NOTHING)
    if real.alone:
        return "network", made
    if real.source == "place-and-route" and made.whole is not None:
        return "board", made.model_copy(update={"total": made.whole})
    raise EdgemlError(
        "counts what is around the network on the board as well",
        real.model,
        "an estimate is of the network alone; a report by instance would tell its share",
    )


def _program(real: Hardware) -> str:
    """The program and version behind the figures; place and route packs what synthesis made."""
    stages = {stage.name: f"{stage.tool} {stage.version}".strip() for stage in real.stages}
    parts = [stages.get("synthesis", ""), stages.get("place", "") if real.source == "place-and-route" else ""]
    return ", ".join(part for part in parts if part)


def _plain(options: Any) -> Mapping[str, Any]:
    return options if isinstance(options, Mapping) else {}
