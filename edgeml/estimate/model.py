"""`estimate`: the one entrance to both models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from edgeml.backends.base import Refusal
from edgeml.backends.verilog.build import refusals
from edgeml.backends.verilog.options import Options as VerilogOptions
from edgeml.backends.verilog.options import parse_options as parse_verilog
from edgeml.boards import Board
from edgeml.errors import EdgemlError
from edgeml.estimate import ledger
from edgeml.estimate.family import Tool
from edgeml.estimate.hls_own import Hls4mlOptions, estimate_hls4ml, parse_hls4ml
from edgeml.estimate.own import estimate_verilog
from edgeml.figures import Hardware
from edgeml.ir import Graph
from edgeml.passes.expand import Expand

Design = Literal["verilog", "hls4ml"]
"""edgeml's own Verilog, or an hls4ml project."""


def estimate(
    graph: Graph,
    board: Board,
    design: Design = "verilog",
    options: Mapping[str, Any] | VerilogOptions | Hls4mlOptions | None = None,
    tool: Tool | None = None,
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
        return entries.applied(estimate_hls4ml(Expand().apply(graph), graph.digest, board, chosen))
    settings = options if isinstance(options, VerilogOptions) else parse_verilog(_plain(options))
    expanded = Expand().apply(graph)
    refuse("verilog", refusals(expanded, settings))
    return entries.applied(estimate_verilog(expanded, graph.digest, board, settings, tool))


def refuse(backend: str, refused: tuple[Refusal, ...]) -> None:
    """Raise what keeps a graph from being expressed."""
    if refused:
        first = refused[0]
        raise EdgemlError(
            f"{backend} cannot express this {first.op}: {first.reason}", first.node, first.remedy
        )


def _plain(options: Any) -> Mapping[str, Any]:
    return options if isinstance(options, Mapping) else {}
