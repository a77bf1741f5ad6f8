"""`edgeml quantize`: a run folder from a float model, quantized after training."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from edgeml.cli import names as names_
from edgeml.cli import steps
from edgeml.cli.bands import Bands
from edgeml.cli.console import ERR, OUT, print_json, print_next
from edgeml.cli.options import AnewOption, ImportSetOption, JsonOption, data_option, named, without_none
from edgeml.quoting import shell

if TYPE_CHECKING:
    from edgeml.ptq.record import QuantizationRecord


def command(
    model: Annotated[
        Path,
        typer.Argument(
            help="A float model (.keras, .h5, .onnx, .json with --weights-file), or a run folder.",
            metavar="FILE|RUN",
        ),
    ],
    data: Annotated[
        str | None,
        data_option("A data set's name, or your own .npz or .csv file; the run's own by default."),
    ] = None,
    bits: Annotated[int | None, typer.Option("--bits", help="Bits of weights and activations; 8.")] = None,
    weights: Annotated[int | None, typer.Option("--weights", help="Bits of weights, over --bits.")] = None,
    activations: Annotated[
        int | None, typer.Option("--activations", help="Bits of activations, over --bits.")
    ] = None,
    inputs: Annotated[
        int | None,
        typer.Option("--inputs", help="Bits of the model's input; 8, or as activations have if more."),
    ] = None,
    max_loss: Annotated[
        float | None,
        typer.Option(
            "--max-accuracy-loss",
            metavar="POINTS",
            help="Narrow each layer as far as validation data lose no more of the task's figure, in percent.",
        ),
    ] = None,
    method: Annotated[
        str | None,
        named(
            "--method",
            "How ranges are chosen: minmax, percentile, mse (default) or entropy.",
            names_.calibration_methods,
            metavar="METHOD",
        ),
    ] = None,
    per_tensor: Annotated[
        bool, typer.Option("--per-tensor", help="One binary point for all weights of a layer.")
    ] = False,
    correct: Annotated[
        str | None,
        named(
            "--correct",
            "Corrections, in order: equalize,rounding,bias (default), or none.",
            names_.corrections,
            several=True,
            metavar="LIST",
        ),
    ] = None,
    samples: Annotated[
        int | None, typer.Option("--samples", help="Most training samples to calibrate with; 1024.")
    ] = None,
    sensitivity: Annotated[
        bool, typer.Option("--sensitivity", help="Measure what each layer's rounding costs, for the report.")
    ] = False,
    weights_file: Annotated[
        Path | None,
        typer.Option("--weights-file", help="The file with the weights, for an architecture in .json."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Run folder; RUN-ptq8 or runs/NAME-ptq8 by default.")
    ] = None,
    settings: ImportSetOption = None,
    overwrite: AnewOption = False,
    json: JsonOption = False,
) -> None:
    """Quantize a float model after training: a run folder like any other, no training.

    Types are powers of two, calibrated on the training part of the data and judged on its validation part;
    the test part is left to the report. The figure is the task's: accuracy, R2 of a regression, the variance
    that an autoencoder reconstructs; without labels the agreement with the float model.
    """
    from edgeml.settings import assignments, set_values

    plain: dict[str, Any] = set_values({"data": {"dataset": data} if data else {}}, settings or [])
    corrections = None if correct is None else [] if correct == "none" else correct.split(",")
    stated = without_none(
        {
            "weights": weights if weights is not None else bits,
            "activations": activations if activations is not None else bits,
            "inputs": inputs,
            "method": method,
            "per_channel": False if per_tensor else None,
            "corrections": corrections,
            "max_loss": max_loss,
            "samples": samples,
        }
    )
    plain = set_values(plain, assignments({"quantize": stated}))
    with steps.working("reading"):
        from edgeml import pipeline
        from edgeml.ptq.record import QUANTIZE_FILE, QuantizationRecord
        from edgeml.ptq.run import float_source, quantize_model

        source = float_source(model, weights_file)
    with steps.working("quantize") as tell:
        run = quantize_model(source, out, plain, sensitivity, overwrite, tell)
    with steps.at_work(run.folder), steps.working("lower"):
        graph = pipeline.lower(run)
    record = QuantizationRecord.read(run.folder / QUANTIZE_FILE)
    for row in (*steps.data_rows(run), *steps.inexact_rows(run)):
        ERR.print(row)
    if json:
        plain_record = record.model_dump(mode="json", by_alias=True)
        print_json({"run": str(run.folder), "graph": graph.digest, **plain_record})
        return
    OUT.print(_table(record))
    for line in _lines(record):
        ERR.print(line)
    place = shell(str(run.folder))
    ERR.print(f"[green]quantized[/] {escape(graph.name)} into {escape(str(run.folder))}")
    print_next(
        f"edgeml export {place} --to onnx,qonnx,hls4ml && edgeml check {place} && edgeml report {place}"
    )


def _table(record: QuantizationRecord) -> Bands:
    cells = [
        [
            escape(row.layer),
            row.tensor,
            row.type,
            f"{row.sqnr_db:.1f}" if row.sqnr_db < 200 else "exact",
            f"{100 * row.saturated:.2g} %",
        ]
        for row in record.tensors
        if row.tensor != "bias"
    ]
    return Bands(("layer", "tensor", "type", "SQNR dB", "saturated"), cells, texts=(0, 1, 2))


def _lines(record: QuantizationRecord) -> list[str]:
    applied = ", ".join(record.corrections) or "none"
    left = f"; without {', '.join(record.dropped)}, which gained nothing" if record.dropped else ""
    lines = [
        f"calibrated with {record.samples}",
        f"method {record.method}, corrections {applied}{left}",
        f"{record.measure}: float {record.float_percent:.2f} %, quantized {record.percent:.2f} % "
        f"(loss {record.float_percent - record.percent:+.2f} points, logits {record.sqnr_db:.1f} dB)",
        f"bit operations {record.bit_operations:,}"
        + (f" of {record.widest:,} at full widths" if record.widest != record.bit_operations else ""),
    ]
    return [escape(line) for line in (*lines, *(f"note: {remark}" for remark in record.remarks))]
