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
    from edgeml.ir import Graph


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
        cells = [[entry["pass"], str(entry["nodes"]), entry["ops"]] for entry in _stages(exact)]
        OUT.print(Bands(("pass", "nodes", "ops"), cells, texts=(2,)))
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
            "passes": _stages(exact),
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


def _stages(graph: Graph) -> list[dict[str, Any]]:
    """The graph as it is and behind every pass: how many nodes, and of which ops."""
    from edgeml.passes import stages

    rows: list[dict[str, Any]] = []
    for name, stage in (("-", graph), *stages(graph)):
        counts = Counter(node.op.op_name() for node in stage.nodes)
        ops = ", ".join(f"{count} {op}" for op, count in sorted(counts.items()))
        rows.append({"pass": name, "nodes": len(stage.nodes), "ops": ops})
    return rows
