"""`edgeml serve`: a local page over runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgeml.cli.console import OUT, print_json


def command(
    runs: Annotated[Path, typer.Argument(help="The folder of runs.")] = Path("runs"),
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one.")] = 8265,
    open_: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    json: Annotated[
        bool, typer.Option("--json", help="The list of runs as one JSON document, and no page.")
    ] = False,
) -> None:
    """Show runs on a page of this machine: list, compare, watch a training, try a sample.

    Listens on 127.0.0.1, writes nothing, refuses requests of other pages. Ctrl-C ends it.
    """
    from edgeml.serve.library import Library
    from edgeml.serve.server import serve

    if json:
        print_json([entry.as_document() for entry in Library(runs).entries()])
        return

    def tell(address: str) -> None:
        OUT.print(f"serving {runs.resolve()} at {address} (Ctrl-C ends it)")
        if open_:
            typer.launch(address)

    serve(runs, port, tell)
