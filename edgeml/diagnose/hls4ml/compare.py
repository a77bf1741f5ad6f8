"""A foreign project against the Keras model that it came from: every layer, and the causes.

Invariant: layers are compared by name, each with the project's own numbers; a layer of Keras that the project
does not have, because hls4ml merged it, is left out and named.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.diagnose.hls4ml.cause import LayerEvidence, explain_input, explain_layer
from edgeml.diagnose.hls4ml.source import ForeignLayer, ForeignProject
from edgeml.diagnose.hls4ml.trace import traced
from edgeml.documents import Record
from edgeml.errors import EdgemlError

Array = NDArray[np.float64]


class FirstElement(Record):
    """The first number that differs.

    Attributes:
        sample: which.
        element: position in the flattened layer.
        expected: Keras' value.
        got: the project's.
        expected_code: Keras' value in LSBs of the project's type; None if it lies between two.
        got_code: the project's integer.
    """

    sample: int
    element: int
    expected: float
    got: float
    expected_code: int | None
    got_code: int


class LayerComparison(Record):
    """One layer.

    Attributes:
        layer: in Keras.
        name: in the project.
        type: of the result in the project.
        elements: how many numbers were compared.
        differing: how many differ.
        max_abs: the largest difference.
        first: the first one; None if none differs.
        harmless: the next layer rounds the difference away, as a quantizer behind the input does.
        own: how many numbers differ from what Keras' layer gives on the numbers that the layer gets in the
            project; None where the two do not get the same tensors.
        cause: of these.
    """

    layer: str
    name: str
    type: str
    elements: int
    differing: int
    max_abs: float
    first: FirstElement | None
    harmless: bool = False
    own: int | None = None
    cause: str = ""


class ProjectComparison(Record):
    """The result.

    Attributes:
        project: the folder.
        samples: how many were run.
        layers: in the project's order, the input first.
        cause: of the first layer that differs; "" if none does.
        left_out: layers of Keras that the project does not have.
    """

    project: str
    samples: int
    layers: tuple[LayerComparison, ...]
    cause: str
    left_out: tuple[str, ...]

    @property
    def first(self) -> LayerComparison | None:
        """The first layer whose difference does not vanish; None if there is none."""
        return next((row for row in self.layers if row.differing and not row.harmless), None)

    @property
    def ok(self) -> bool:
        """True if every number is equal, or vanishes behind the input."""
        return self.first is None


def compare_project(
    project: ForeignProject, model: Any, x: Any, tell: Callable[[str], None] = lambda _: None
) -> ProjectComparison:
    """Compile the project, run it on samples, and compare it with Keras.

    Args:
        project: as read.
        model: the Keras model, with one input.
        x: floats (samples, ...) as the model takes them.
        tell: called with a line about what is done.

    Raises:
        EdgemlError: the project does not compile or run, or is of another model.
        MissingToolError: g++ or TensorFlow is not installed.
    """
    from edgeml.keras.layer_outputs import layer_outputs
    from edgeml.keras.topology import topology

    tell("compiling the project")
    values = traced(project, x)
    tell("running Keras")
    outputs = layer_outputs(model, x)
    calls = {call.name: call for call in topology(model).calls}
    flat = np.asarray(x, np.float64).reshape(len(x), -1)
    pairs = carried_layers(project, calls)
    if not pairs:
        raise EdgemlError(
            f"has the layers {', '.join(layer.name for layer in project.layers)}, "
            f"the model {', '.join(outputs)}",
            str(project.folder),
            "give the model that it was converted from",
        )
    name, kind = project.input.name, project.input.type
    rows = [_row("input", name, str(kind), _lsb(kind), flat, values[name])]
    cause = explain_input(kind, flat, values[name]) if rows[0].differing else ""
    results = {name: values[name]}
    producers = {name: ""} | {
        array: pairs[layer.name]
        for layer in project.layers
        if layer.name in pairs
        for array in (layer.result, *layer.copies)
    }
    makers = {call.output: call.name for call in calls.values()}
    for layer in project.layers:
        results |= dict.fromkeys((layer.result, *layer.copies), values[layer.name])
        keras_name = pairs.get(layer.name)
        if keras_name is None:
            continue
        expected = outputs[keras_name].reshape(len(x), -1)
        if expected.shape != values[layer.name].shape:
            raise EdgemlError(
                f"has {values[layer.name].shape[1]} values in {layer.name}, Keras {expected.shape[1]}",
                str(project.folder),
                "give the model that it was converted from",
            )
        row = _row(keras_name, layer.name, str(layer.type), _lsb(layer.type), expected, values[layer.name])
        maker, call = producers.get(layer.source), calls[keras_name]
        if maker is not None and maker != keras_name and len(call.inputs) == 1:
            source = x if call.inputs[0] not in makers else outputs[makers[call.inputs[0]]]
            got = values[layer.name]
            row = _with_own(row, project, layer, call.layer, (results[layer.source], got), source.shape)
        if len(rows) == 1 and rows[0].differing and not row.differing:
            rows[0], cause = rows[0].model_copy(update={"harmless": True}), ""
        rows.append(row)
        if row.differing and not cause:
            evidence = LayerEvidence(
                project, layer, calls[keras_name].layer, results[layer.source], expected, values[layer.name]
            )
            cause = explain_layer(evidence)
    left_out = tuple(layer for layer in outputs if layer not in pairs.values())
    return ProjectComparison(
        project=str(project.folder), samples=len(x), layers=tuple(rows), cause=cause, left_out=left_out
    )


def _with_own(
    row: LayerComparison,
    project: ForeignProject,
    layer: ForeignLayer,
    keras_layer: Any,
    ends: tuple[Array, Array],
    shape: tuple[int, ...],
) -> LayerComparison:
    """A row with what the layer makes of its own numbers; `ends` are those that it gets and gives."""
    source, got = ends
    if source.size != math.prod(shape):
        return row
    expected = np.asarray(keras_layer(source.reshape(shape).astype(np.float32)), np.float64)
    expected = expected.reshape(len(source), -1)
    own = int(np.count_nonzero(expected != got))
    if not own:
        return row.model_copy(update={"own": 0})
    cause = explain_layer(LayerEvidence(project, layer, keras_layer, source, expected, got))
    return row.model_copy(update={"own": own, "cause": cause})


def carried_layers(project: ForeignProject, calls: dict[str, Any]) -> dict[str, str]:
    """Layer of the project -> layer of Keras whose result it carries.

    hls4ml splits an inline activation off as NAME_relu or NAME_linear: the last of them carries the result,
    and of a linear one the layer itself does as well. Of a separable convolution NAME_depthwise does not.
    """
    parts: dict[str, list[str]] = {}
    for layer in project.layers:
        owners = [name for name in calls if layer.name == name or layer.name.startswith(f"{name}_")]
        if owners and layer.name not in (f"{name}_depthwise" for name in owners):
            parts.setdefault(max(owners, key=len), []).append(layer.name)
    pairs: dict[str, str] = {}
    for name, carriers in parts.items():
        activation = getattr(calls[name].layer, "activation", None)
        linear = activation is None or getattr(activation, "__name__", "") == "linear"
        pairs |= dict.fromkeys(carriers if linear else carriers[-1:], name)
    return pairs


def _lsb(kind: Any) -> int:
    return kind.type.frac


def _row(layer: str, name: str, kind: str, frac: int, expected: Array, got: Array) -> LayerComparison:
    apart = np.abs(expected - got)
    first: FirstElement | None = None
    if np.any(apart):
        sample, element = (int(i) for i in np.argwhere(apart)[0])
        steps = float(np.ldexp(expected[sample, element], frac))
        first = FirstElement(
            sample=sample,
            element=element,
            expected=float(expected[sample, element]),
            got=float(got[sample, element]),
            expected_code=int(steps) if steps == int(steps) else None,
            got_code=int(np.ldexp(got[sample, element], frac)),
        )
    return LayerComparison(
        layer=layer,
        name=name,
        type=kind,
        elements=apart.size,
        differing=int(np.count_nonzero(apart)),
        max_abs=float(apart.max(initial=0)),
        first=first,
    )
