"""Scale: a product with powers of two, since a tensor holds the value itself."""

from __future__ import annotations

import numpy as np

from edgeml.backends.onnx.model import ExactModel, ScaledTensor
from edgeml.backends.onnx.plan import CarrierStep
from edgeml.ir import Node
from edgeml.ir.ops.scale import Scale


def emit(model: ExactModel, node: Node, step: CarrierStep) -> ScaledTensor:
    """A Mul in the layout that the input has."""
    op, x = node.as_op(Scale), model.tensors[node.inputs[0]]
    powers = np.ldexp(np.float32(1), np.asarray(op.shift, np.int32))
    factor = model.spread(powers, model.shape(node.name), x.layout, f"{node.name}/factor")
    tensor = model.writer.new_node("Mul", [x.tensor, factor], node.name)
    return ScaledTensor(tensor, step.unit, step.double, x.layout)
