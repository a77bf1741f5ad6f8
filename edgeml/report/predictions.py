"""The four models of a run and the classes that they give for the test samples.

Invariant: a model that is not in the folder, or cannot run here, has no predictions but a reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from edgeml.checks import exported
from edgeml.errors import EdgemlError
from edgeml.ir.ops.arg_max import ArgMax
from edgeml.report import exact, quality
from edgeml.report.floats import FloatModel
from edgeml.report.machine import threads
from edgeml.report.quality import Labels

if TYPE_CHECKING:
    from edgeml.report.source import RunSource


@dataclass(frozen=True)
class ModelPredictions:
    """Predictions of the models of a run.

    Attributes:
        classes: of the test samples by "float", "qat", "fixed" and "int8"; None where there is no model.
        reasons: why there are none; under "exact", why the emulator does not run the exact graph.
        execute: runs the exact graph, by the emulator or the reference.
        baselines: the ONNX models that run, by "float" and "int8".
        outputs: values of every output by "fixed" and "qat", and of the first one by "float", as far as there
            are any.
    """

    classes: dict[str, Labels | None]
    reasons: dict[str, str]
    execute: Callable[[Any], Any]
    baselines: dict[str, FloatModel] = field(default_factory=dict)
    outputs: dict[str, Mapping[str, Any]] = field(default_factory=dict)


def predict(source: RunSource) -> ModelPredictions:
    """The classes of the test samples by every model of the run.

    Raises:
        EdgemlError: the test samples do not fit the exact graph.
    """
    graph = source.graph
    execute, narrow = exact.executor(graph)
    predictions = ModelPredictions({}, {"exact": narrow} if narrow else {}, execute)
    values = execute(source.feeds())
    predictions.outputs["fixed"] = values if isinstance(values, Mapping) else {graph.outputs[0]: values}
    outputs = _qat(source, predictions)
    if outputs is not None:
        predictions.outputs["qat"] = outputs
    if no_classes := source.no_classes:
        predictions.classes.update(dict.fromkeys(("fixed", "qat", "float", "int8")))
        values = _float(source, predictions)
        if values is not None:
            predictions.outputs["float"] = {graph.outputs[0]: values}
        return replace(predictions, reasons=predictions.reasons | _alike(no_classes))
    predictions.classes["fixed"] = exact.classes(graph, values)
    predictions.classes["qat"] = None if outputs is None else exact.classes(graph, outputs[graph.outputs[0]])
    for name in ("float", "int8"):
        predictions.classes[name] = _baseline(source, name, predictions)
    if isinstance(graph.node(graph.outputs[0]).op, ArgMax):
        predictions.outputs.pop("float", None)  # the graph gives classes, the baseline scores
    return predictions


def _alike(reason: str) -> dict[str, str]:
    return dict.fromkeys(("fixed", "qat", "float", "int8"), reason)


def _qat(source: RunSource, predictions: ModelPredictions) -> Mapping[str, Any] | None:
    path = source.run.model_file
    if not path.is_file():
        predictions.reasons["qat"] = f"there is no {path.name}"
        return None
    try:
        from edgeml.importers.run import own_outputs

        return own_outputs(source.run, source.feeds())
    except EdgemlError as error:
        predictions.reasons["qat"] = str(error)
        return None


def _baseline(source: RunSource, name: str, predictions: ModelPredictions) -> Labels | None:
    path = source.run.onnx / f"{name}.onnx"
    if not path.is_file():
        predictions.reasons[name] = _why_none(source, name)
        return None
    try:
        model = FloatModel(path, threads())
        values = model.predict(source.data.x_test)
    except EdgemlError as error:
        predictions.reasons[name] = str(error)
        return None
    predictions.baselines[name] = model
    if name == "float":
        predictions.outputs[name] = {source.graph.outputs[0]: values}
    return quality.predictions(values, model.threshold)


def _float(source: RunSource, predictions: ModelPredictions) -> Any:
    """The float baseline's first output for the test samples; None where it does not run."""
    path = source.run.onnx / "float.onnx"
    if not path.is_file() or len(source.graph.outputs) > 1:
        return None
    try:
        model = FloatModel(path, threads())
        values = model.predict(source.data.x_test)
    except EdgemlError:
        return None
    predictions.baselines["float"] = model
    return values


def _why_none(source: RunSource, name: str) -> str:
    """The reason why there is no float or int8 model, and the command that makes one."""
    run = source.run
    if reason := exported.reason(run.folder, name, source.graph):
        return reason
    if not (run.float_file.is_file() or run.float_onnx.is_file()):
        return f"there is no float baseline: {run.no_baseline}"
    return f"onnx/{name}.onnx is not in the run (edgeml export RUN --to onnx)"
