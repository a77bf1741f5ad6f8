"""Input: floats as they come from outside, quantized by QuantizeLinear where that is the rounding."""

from __future__ import annotations

import numpy as np

from edgeml.backends.onnx.model import ExactModel, ScaledTensor
from edgeml.backends.onnx.ops import input as exact
from edgeml.backends.onnx.plan import CarrierStep
from edgeml.backends.qdq.ops._casting import QdqCast, as_value, emit_cast, in_codes
from edgeml.fixed import Overflow, Round
from edgeml.ir import Node
from edgeml.ir.ops.input import Input


def emit(model: ExactModel, node: Node, step: CarrierStep) -> ScaledTensor:
    """A pair; floats first where the mode is not QuantizeLinear's."""
    op = node.as_op(Input)
    everywhere = np.ones(op.shape, np.bool_)
    cast = QdqCast(node.name, op.type, op.overflow, everywhere, everywhere)
    modes = op.rounding is Round.RND_CONV and op.overflow in (Overflow.SAT, Overflow.SAT_SYM)
    if modes and (tensor := emit_cast(model, node.name, cast)):
        return ScaledTensor(tensor, 0, False)
    return as_value(model, node.name, exact.emit(model, node, in_codes(step, op.type)))
