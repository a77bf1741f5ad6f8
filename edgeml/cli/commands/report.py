"""`edgeml report`: report.html, report.md and report.json of a run, or a comparison of several."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgeml.cli import steps
from edgeml.cli.console import OUT
from edgeml.cli.options import BoardsOption, JsonOption, complete_runs


def command(
    runs: Annotated[
        list[Path],
        typer.Argument(help="A run folder; several for a comparison.", autocompletion=complete_runs),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Folder to write into; the run's own, or comparison beside the first run."
        ),
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    board: BoardsOption = None,
    json: JsonOption = False,
) -> None:
    """Write the report of a checked run: accuracy, exactness, layers, hardware; or compare several runs."""
    from edgeml import api, boards, pipeline
    from edgeml.estimate import Ledger

    chosen = [boards.load(name) for name in dict.fromkeys(board or ())]
    opened = [api.load(run) for run in runs]
    failed = False
    ledger = Ledger.of_user()
    if len(opened) == 1:
        name, folder = "report", out or opened[0].folder
        with steps.at_work(opened[0].folder), steps.working("report") as tell:
            facts = pipeline.report(opened[0], ledger, tell, folder, chosen)
        failed = steps.absent_sections(facts)
    else:
        name, folder = "comparison", out or opened[0].folder.parent / "comparison"
        with steps.working("comparison") as tell:
            pipeline.compare(opened, folder, ledger, tell, chosen)
    page = folder / f"{name}.html"
    if json:
        OUT.file.write((folder / f"{name}.json").read_text(encoding="utf-8"))
    else:
        OUT.print(f"{name}: {page}")
    if open_:
        typer.launch(page.resolve().as_uri())
    if failed:
        raise typer.Exit(1)
