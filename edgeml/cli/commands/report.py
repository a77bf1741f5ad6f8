"""`edgeml report`: report.html, report.md and report.json of a run."""

from __future__ import annotations

from typing import Annotated

import typer

from edgeml.cli import steps
from edgeml.cli.console import OUT
from edgeml.cli.options import JsonOption, RunArgument


def command(
    run: RunArgument,
    open_: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    json: JsonOption = False,
) -> None:
    """Write the report of a checked run: accuracy, exactness, layers, how it was trained."""
    from edgeml import api, pipeline

    opened = api.load(run)
    with steps.working("report") as tell:
        pipeline.report(opened, tell)
    if json:
        OUT.file.write(opened.report_file("json").read_text(encoding="utf-8"))
    else:
        OUT.print(f"report: {opened.report_file('html')}")
    if open_:
        typer.launch(opened.report_file("html").resolve().as_uri())
