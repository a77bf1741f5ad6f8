"""ArgMax: the index as a float."""

from __future__ import annotations

from edgeml.backends.onnx.model import ExactModel, ScaledTensor
from edgeml.backends.onnx.plan import CarrierStep
from edgeml.backends.onnx.units import Unit, UnitSite, preferred_if_scalar
from edgeml.ir import Node
from edgeml.ir.layout import LAST

input_unit = preferred_if_scalar


def result_unit(at: UnitSite) -> Unit:
    """The index itself."""
    return 0


def emit(model: ExactModel, node: Node, step: CarrierStep) -> ScaledTensor:
    """The first position of the maximum along the last axis, as a float."""
    (source,) = node.inputs
    x = model.tensors[source]
    unit = x.unit if isinstance(x.unit, int) else model.graph.info(source).frac
    tensor = model.fetch(source, unit, x.double, LAST)
    index = model.writer.new_node("ArgMax", [tensor], f"{node.name}/index", axis=-1, keepdims=0)
    return ScaledTensor(model.to_float(index, double=False), step.unit, False)
