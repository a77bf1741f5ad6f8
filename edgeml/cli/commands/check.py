"""`edgeml check`: run every artefact of a run and compare integers."""

from __future__ import annotations

from typing import Annotated

import typer

from edgeml.cli import steps
from edgeml.cli.console import OUT, say
from edgeml.cli.options import JsonOption, RunArgument, SamplesOption, comma_list


def command(
    run: RunArgument,
    with_: Annotated[
        str,
        typer.Option(
            "--with", help="all, or some of evaluate, keras, onnx, qonnx, hls4ml, separated by commas."
        ),
    ] = "all",
    samples: SamplesOption = 0,
    json: JsonOption = False,
) -> None:
    """Run the artefacts as they lie in the folder, on real test samples, and compare every integer.

    Exits with 1 if anything differs, naming the first op.
    """
    from edgeml import api, pipeline

    opened = api.load(run)
    with steps.working("check") as tell:
        result = pipeline.check(opened, comma_list(with_, "--with"), samples, tell)
    if json:
        OUT.file.write(result.to_json())
    else:
        OUT.print(steps.check_table(result))
        if not result.compared:
            say("[yellow]nothing was run[/], so nothing is proven")
    if not result.ok:
        raise typer.Exit(1)
