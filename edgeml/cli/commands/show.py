"""`edgeml show`: what a run is made of."""

from __future__ import annotations

import json as jsonlib
from typing import Annotated

import typer
from rich.markup import escape

from edgeml.cli.console import OUT, print_json, say, table
from edgeml.cli.options import JsonOption, RunArgument


def command(
    run: RunArgument,
    graph: Annotated[bool, typer.Option("--graph", help="The exact graph as text.")] = False,
    json: JsonOption = False,
) -> None:
    """Show a run's configuration and layers, or its exact graph."""
    from edgeml import api
    from edgeml.checks import bound

    opened = api.load(run)
    changed = bound.changes(opened)
    if changed:
        say(f"[bold yellow]changed[/] {escape(bound.sentence(opened))}")
    exact = opened.graph()
    if graph and not json:
        OUT.file.write(f"{exact}\n")
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
        }
        print_json(document)
        return
    seed = bound.as_trained(opened).config.seed
    OUT.print(f"[bold]{escape(exact.name)}[/]  {escape(str(opened.folder))}  seed {seed}")
    cells = [
        [name, op, "x".join(map(str, info.shape)), str(info.type), f"{info.lo.min()} .. {info.hi.max()}"]
        for name, op, info in rows
    ]
    OUT.print(table(("value", "op", "shape", "type", "codes"), cells))
