"""Cast: a pair of QuantizeLinear and DequantizeLinear where that is the rounding, else floats before it."""

from __future__ import annotations

import numpy as np

from edgeml.backends.onnx.model import ExactModel, ScaledTensor
from edgeml.backends.onnx.ops import cast as exact
from edgeml.backends.onnx.plan import CarrierStep
from edgeml.backends.qdq.ops._casting import QdqCast, as_value, emit_cast, in_codes
from edgeml.fixed import Overflow, Round
from edgeml.ir import Node
from edgeml.ir.ops.cast import Cast


def emit(model: ExactModel, node: Node, step: CarrierStep) -> ScaledTensor:
    """A pair, in the layout that the input has; a cast that changes nothing is its input."""
    op = node.as_op(Cast)
    (source,) = node.inputs
    x = model.tensors[source]
    if step.noop:
        return x
    below, above = op.overflow_sides(model.graph.info(source))
    saturates = op.overflow in (Overflow.SAT, Overflow.SAT_SYM) or not (np.any(below) or np.any(above))
    rounds = op.rounds(model.plan.grids[source])
    if saturates and (op.rounding is Round.RND_CONV or not rounds):
        cast = QdqCast(node.name, op.to, op.overflow, below, above)
        if tensor := emit_cast(model, x.tensor, cast):
            return ScaledTensor(tensor, 0, False, x.layout)
    return as_value(model, node.name, exact.emit(model, node, in_codes(step, op.to)))
