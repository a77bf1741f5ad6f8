"""`edgeml.quantize`, `edgeml.quantize_graph`: a run or an exact graph of a float model, without training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from edgeml.ir import Graph
    from edgeml.runs import Run
    from edgeml.types import KerasModel, PathLike, Settings


def quantize(
    model: PathLike,
    data: PathLike | None = None,
    out: PathLike | None = None,
    bits: int = 8,
    weights: int | None = None,
    activations: int | None = None,
    max_accuracy_loss: float | None = None,
    method: str = "mse",
    corrections: Sequence[str] = ("equalize", "rounding", "bias"),
    weights_file: PathLike | None = None,
    sensitivity: bool = False,
    settings: Settings | None = None,
    overwrite: bool = False,
    progress: Callable[[str], None] | None = None,
) -> Run:
    """Quantize a float model after training.

    Args:
        model: the file of a float model (.keras, .h5, .onnx, .json with weights_file), or a run folder with a
            float baseline.
        data: a name from `edgeml list datasets`, or an .npz or .csv file; the run's own if None. Its training
            part is calibrated with, its validation part judged with.
        out: the run folder; RUN-ptq8 beside a run or runs/NAME-ptq8 by default.
        bits: of weights and activations, 2 to 16; with `max_accuracy_loss` the most that a tensor gets.
        weights: bits of weights, over `bits`.
        activations: bits of activations, over `bits`.
        max_accuracy_loss: points that may be lost on the validation part, for the least bit operations.
        method: "minmax", "percentile", "mse" or "entropy".
        corrections: of "equalize", "rounding" and "bias", in this order.
        weights_file: the file with the weights, for an architecture in .json.
        sensitivity: measure what each layer's rounding costs, also without a bound.
        settings: as --set takes them, over the arguments: {"data.scaling": "unit"}.
        overwrite: delete the run in the run folder.
        progress: called with a line about what begins.

    Returns:
        The run, with config.toml, source.onnx (QONNX), float.onnx, graph.json, golden.npz and quantize.json.

    Raises:
        EdgemlError: the model is damaged, quantized already or not covered (names the layer), the data do not
            fit, or the bound cannot be kept.
        MissingToolError: a package that the model needs is not installed.
    """
    from edgeml import pipeline
    from edgeml.arguments import path_of, tell_of
    from edgeml.ptq.run import float_source, quantize_model
    from edgeml.settings import assignments, set_values

    arrays = "edgeml.quantize_graph(model, x) takes a Keras model and arrays"
    beside = None if weights_file is None else path_of(weights_file, "weights_file", "give a file")
    folder = None if out is None else path_of(out, "out", "give the run folder")
    tell = tell_of(progress, "progress")
    file = path_of(model, "model", f"give a file or a run folder; {arrays}")
    stated: dict[str, Any] = {
        "quantize": {
            **_stated(bits, weights, activations, method, corrections),
            "max_loss": max_accuracy_loss,
        }
    }
    if data is not None:
        stated["data"] = {"dataset": str(path_of(data, "data", f"give a name or a file; {arrays}"))}
    plain = set_values(set_values({}, assignments(stated)), assignments(settings or {}))
    run = quantize_model(float_source(file, beside), folder, plain, sensitivity, overwrite, tell)
    pipeline.lower(run)
    return run


def quantize_graph(
    model: PathLike | KerasModel,
    x: ArrayLike,
    bits: int = 8,
    weights: int | None = None,
    activations: int | None = None,
    method: str = "mse",
    corrections: Sequence[str] = ("equalize", "rounding", "bias"),
    settings: Settings | None = None,
) -> Graph:
    """Quantize a float model after training, from arrays in memory; nothing is written.

    Args:
        model: a float Keras model, or the file of one (.keras, .h5, .onnx).
        x: floats (samples, ...) as the model takes them, to calibrate with: a few hundred for training.
        bits: of weights and activations, 2 to 16.
        weights: bits of weights, over `bits`.
        activations: bits of activations, over `bits`.
        method: "minmax", "percentile", "mse" or "entropy".
        corrections: of "equalize", "rounding" and "bias", in this order.
        settings: as --set takes them after "quantize.", over the arguments: {"inputs": 6,
            "layers.fc1.weights": 4}.

    Returns:
        The exact graph, for `evaluate`, `emulator`, `trace`, `emit`, `check` and `estimate`.

    Raises:
        EdgemlError: the model is damaged, quantized already or not covered (names the layer), the samples do
            not fit it, or a setting does not.
        MissingToolError: a package that the model needs is not installed.
    """
    from edgeml.arguments import floats_of, path_of
    from edgeml.ir.graph import valid_name
    from edgeml.presets import PostTraining
    from edgeml.ptq.run import float_source
    from edgeml.ptq.source import keras_as_onnx, read_float
    from edgeml.ptq.stated import graph_of
    from edgeml.settings import assignments, parse_settings, set_values

    samples = floats_of(x, "x")
    stated = _stated(bits, weights, activations, method, corrections)
    plain = set_values(set_values({}, assignments(stated)), assignments(settings or {}))
    chosen = parse_settings(PostTraining, plain, "quantize_graph")
    if not hasattr(model, "_flatten_layers"):
        source = float_source(path_of(model, "model", "give a Keras model, or the file of a float model"))
        net = read_float(source.content, str(source.path), source.name)
    else:
        name = valid_name(str(getattr(model, "name", "model")))
        net = read_float(keras_as_onnx(model, name), name, name)
    return graph_of(net, chosen, samples)


def _stated(
    bits: int, weights: int | None, activations: int | None, method: str, corrections: Sequence[str]
) -> dict[str, Any]:
    """The settings that the arguments state."""
    from edgeml.arguments import names_of

    return {
        "weights": bits if weights is None else weights,
        "activations": bits if activations is None else activations,
        "method": method,
        "corrections": names_of(corrections, "corrections"),
    }
