"""`edgeml show`: a run's configuration, layers and graph."""

from __future__ import annotations

import json as jsonlib
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from edgeml.cli import steps
from edgeml.cli.bands import Bands
from edgeml.cli.console import OUT, print_json, say
from edgeml.cli.options import JsonOption, RunArgument

if TYPE_CHECKING:
    from edgeml.boards import Board
    from edgeml.ir import Graph, ValueInfo


def command(
    run: RunArgument,
    graph: Annotated[bool, typer.Option("--graph", help="The exact graph as text.")] = False,
    passes: Annotated[
        bool, typer.Option("--passes", help="What the passes before every export make of the graph.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Show a run's configuration and layers, its exact graph, or what the passes make of it."""
    from edgeml import api
    from edgeml.checks import bound
    from edgeml.passes import CIRCUIT

    opened = api.load(run)
    changed = bound.changes(opened)
    if changed:
        say(f"[bold yellow]changed[/] {escape(bound.sentence(opened))}")
    with steps.working("reading the graph"):
        exact = opened.graph()
    if graph and not json:
        OUT.file.write(f"{exact}\n")
        return
    if passes and not json:
        with steps.working("running the passes"):
            rows = _stages(exact, opened.config.targets.board)
        keys = ("nodes", "elements", "bits", "luts")
        cells = [[row["pass"], *(_shown(row[key]) for key in keys), row["ops"]] for row in rows]
        OUT.print(Bands(("pass", "nodes", "elements", "bits", "LUTs", "ops"), cells, texts=(5,)))
        say(
            "elements and bits are of all values but constants; LUTs: the estimate of the Verilog side by "
            "side. The passes behind prepare's are for circuits alone: " + ", ".join(CIRCUIT)
        )
        return
    rows = [(n.name, n.op.op_name(), exact.info(n.name)) for n in exact.nodes if n.op.op_name() != "const"]
    if json:
        values = [
            {"name": name, "op": op, "shape": list(info.shape), "type": str(info.type)}
            for name, op, info in rows
        ]
        document = {
            "config": jsonlib.loads(opened.config.model_dump_json()),
            "changed": list(changed),
            "graph": str(exact),
            "values": values,
            "passes": _stages(exact, opened.config.targets.board),
        }
        print_json(document)
        return
    seed = bound.as_trained(opened).config.seed
    OUT.print(f"[bold]{escape(exact.name)}[/]  {escape(str(opened.folder))}  seed {seed}")
    cells = [
        [
            escape(name),
            op,
            "x".join(map(str, info.shape)),
            str(info.type),
            f"{info.lo.min()} .. {info.hi.max()}",
        ]
        for name, op, info in rows
    ]
    OUT.print(Bands(("value", "op", "shape", "type", "codes"), cells))


def _stages(graph: Graph, board: str) -> list[dict[str, Any]]:
    """The graph as it is and behind every pass: nodes, elements, bits, estimated LUTs, and which ops."""
    from edgeml import boards
    from edgeml.passes import CIRCUIT, PREPARATION, stages

    rows: list[dict[str, Any]] = []
    luts, before = None, None
    for name, stage in (("-", graph), *stages(graph, PREPARATION + CIRCUIT)):
        counts = Counter(node.op.op_name() for node in stage.nodes)
        ops = ", ".join(f"{count} {op}" for op, count in sorted(counts.items()))
        values = [stage.info(node.name) for node in stage.nodes if node.name not in stage.constants]
        if stage is not before:
            luts, before = _luts(stage, boards.load(board)), stage
        row = {
            "pass": name,
            "nodes": len(stage.nodes),
            "elements": sum(info.size for info in values),
            "bits": sum(_bits(info) for info in values),
            "luts": luts,
            "ops": ops,
        }
        rows.append(row)
    return rows


def _bits(info: ValueInfo) -> int:
    """Bits of all elements of a value."""
    import numpy as np

    return int(np.broadcast_to(np.asarray(info.type.width), info.shape).sum())


def _luts(graph: Graph, board: Board) -> int | None:
    """The estimate for a graph laid out side by side; None if it is not, or has ops that are no cells."""
    from edgeml.backends.verilog import BACKEND
    from edgeml.errors import EdgemlError
    from edgeml.estimate.design import EstimateInput
    from edgeml.estimate.ledger import EMPTY
    from edgeml.estimate.verilog.model import estimate_verilog

    options = BACKEND.options({"mode": "parallel"})
    try:
        if BACKEND.missing() or BACKEND.unknown(graph):
            return None
        lut = estimate_verilog(EstimateInput(graph, graph, board, options, None, EMPTY)).total.lut
        return None if lut is None else round(lut.value)
    except EdgemlError:
        return None


def _shown(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"
