"""`edgeml import`: a run folder from a model that was trained elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from edgeml.cli import names as names_
from edgeml.cli import steps
from edgeml.cli.console import ERR, print_json, print_next
from edgeml.cli.options import (
    AnewOption,
    Hls4mlConfigOption,
    ImportSetOption,
    JsonOption,
    LayerTypeOption,
    StrictOption,
    WeightsFileOption,
    data_option,
    layer_types,
    named,
)
from edgeml.cli.task_rows import facts_of, task_rows
from edgeml.quoting import shell

if TYPE_CHECKING:
    from edgeml.runs import Run


def command(
    file: Annotated[
        Path, typer.Argument(help="A trained model: .keras, .h5, .onnx, .tflite, .json with --weights.")
    ],
    data: Annotated[
        str | None,
        data_option("A data set's name, or your own .npz or .csv file; random samples without."),
    ] = None,
    weights: WeightsFileOption = None,
    input_type: Annotated[
        str | None,
        typer.Option(
            "--input-type", metavar="TYPE", help="What the input is rounded to: ufixed<8,8> for pixels."
        ),
    ] = None,
    float_type: Annotated[
        str | None,
        typer.Option(
            "--float-type", metavar="TYPE", help="Of all layers that the model leaves in float: fixed<16,6>."
        ),
    ] = None,
    layer_type: LayerTypeOption = None,
    hls4ml_config: Hls4mlConfigOption = None,
    task: Annotated[
        str | None,
        named(
            "--task",
            "classification, regression, autoencoder, multi_label or unlabelled; inferred without.",
            names_.tasks,
            metavar="NAME",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Run folder; runs/ and the file's name by default.")
    ] = None,
    settings: ImportSetOption = None,
    strict: StrictOption = False,
    overwrite: AnewOption = False,
    json: JsonOption = False,
) -> None:
    """Bring your own model: a trained model becomes the exact graph, ready for export and check.

    The data is fed as it is stored; --set data.scaling=standard, data.flatten=true or targets.board=NAME
    change that. The graph is compared with the model in its own framework, layer by layer. No code of the
    file is run.
    """
    from edgeml import pipeline
    from edgeml.runconfig import import_name
    from edgeml.settings import set_values

    stated: dict[str, Any] = {"input_type": input_type, "float_type": float_type}
    of_data = {"dataset": data or None, "task": task}
    plain: dict[str, Any] = set_values(
        {"data": {key: value for key, value in of_data.items() if value is not None}}, settings or []
    )
    lowering = plain.setdefault("lowering", {})
    lowering |= {key: value for key, value in stated.items() if value is not None}
    if layer_type:
        lowering["layer_types"] = {**lowering.get("layer_types", {}), **layer_types(layer_type)}
    with steps.working("reading"):
        from edgeml.importers.measured import measured_outcome
        from edgeml.importers.run import import_model
    folder = out or Path("runs") / import_name(file)
    with steps.at_work(folder), steps.working("import") as tell:
        tell("the model becomes the exact graph")
        run = import_model(file, folder, plain, strict, overwrite, weights, hls4ml_config)
        tell("comparing with the model in its own framework")
        graph = pipeline.lower(run, strict)
        tell("figures of the task")
        outcome = measured_outcome(run)
    for row in (*steps.data_rows(run), *steps.taken_rows(run), *steps.inexact_rows(run)):
        ERR.print(row)
    for row in task_rows(outcome):
        ERR.print(row)
    if json:
        facts = {**_facts(run), **facts_of(outcome)}
        print_json({"run": str(run.folder), "graph": graph.digest, **facts})
    else:
        ERR.print(f"[green]imported[/] {escape(graph.name)} into {escape(str(run.folder))}")
        place = shell(str(run.folder))
        print_next(f"edgeml export {place} --to onnx,qonnx,hls4ml && edgeml check {place}")


def _facts(run: Run) -> dict[str, Any]:
    """The import for a program: the comparison with its own framework, and the types taken over."""
    from edgeml.keras.notes import Notes

    notes, importing = Notes.read(run.notes_file), run.config.importing
    return {
        "format": importing.format if importing else "keras",
        "source": notes.source,
        "not_compared": notes.not_compared,
        "notes": [note.model_dump() for note in notes.notes],
        "differences": [row.model_dump() for row in notes.differences],
        "taken": [row.model_dump() for row in importing.taken] if importing else [],
    }
