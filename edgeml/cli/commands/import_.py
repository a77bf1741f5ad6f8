"""`edgeml import`: a run folder from a model that was trained elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from edgeml.cli import names as names_
from edgeml.cli import steps
from edgeml.cli.console import ERR, print_json, print_next
from edgeml.cli.options import ImportSetOption, JsonOption, OverwriteOption, StrictOption
from edgeml.quoting import shell


def command(
    file: Annotated[Path, typer.Argument(help="A QKeras model: a .keras file, saved by model.save().")],
    data: Annotated[
        str,
        typer.Option(
            "--data",
            help="A data set's name, or your own .npz or .csv file.",
            metavar="NAME|FILE",
            autocompletion=names_.begin_so(names_.datasets),
        ),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", help="Run folder; runs/ and the file's name by default.")
    ] = None,
    settings: ImportSetOption = None,
    strict: StrictOption = False,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
) -> None:
    """Bring your own model: lower a trained QKeras model to the exact graph, ready for export and check.

    The data is fed as it is stored; --set data.scaling=standard, data.flatten=true or targets.board=NAME
    change that. No code of the file is run.
    """
    from edgeml import pipeline
    from edgeml.runconfig import import_name
    from edgeml.settings import set_values

    plain: dict[str, Any] = {"data": {"dataset": data}}
    with steps.working("loading TensorFlow"):
        from edgeml.keras.imported import import_model
    folder = out or Path("runs") / import_name(file)
    with steps.at_work(folder), steps.working("import"):
        run = import_model(file, folder, set_values(plain, settings or []), strict, overwrite)
        graph = pipeline.lower(run, strict)
    for row in (*steps.data_rows(run), *steps.inexact_rows(run)):
        ERR.print(row)
    if json:
        print_json({"run": str(run.folder), "graph": graph.digest})
    else:
        ERR.print(f"[green]imported[/] {escape(graph.name)} into {escape(str(run.folder))}")
        place = shell(str(run.folder))
        print_next(f"edgeml export {place} --to onnx,qonnx,hls4ml && edgeml check {place}")
