"""Scale: only the unit changes."""

from __future__ import annotations

import numpy as np

from edgeml.backends.onnx.model import ExactModel, ScaledTensor
from edgeml.backends.onnx.plan import CarrierStep
from edgeml.backends.onnx.units import Unit, UnitSite, simple_unit
from edgeml.ir import Node
from edgeml.ir.ops.scale import Scale


def result_unit(at: UnitSite) -> Unit:
    """The input's less the shift: the tensor stays as it is."""
    assert isinstance(at.node.op, Scale)
    return np.asarray(at.inputs[0]) - at.node.op.shift


def input_unit(at: UnitSite) -> Unit | None:
    """The preferred unit of the result and the shift."""
    assert isinstance(at.node.op, Scale)
    return None if at.preferred is None else simple_unit(np.asarray(at.preferred) + at.node.op.shift)


def emit(model: ExactModel, node: Node, step: CarrierStep) -> ScaledTensor:
    """Adds no node: the tensor stays and its unit changes."""
    x = model.tensors[node.inputs[0]]
    return ScaledTensor(x.tensor, step.unit, x.double, x.layout)
