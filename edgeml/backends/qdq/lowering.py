"""The dialect: ops of the exact model on plain values, every value of few bits behind a pair of its own.

An op that moves or joins what is quantized gets a pair as well, with the same scale, which changes nothing:
the form that runtimes and NPUs look for is DequantizeLinear, one op, QuantizeLinear.
"""

from __future__ import annotations

from edgeml.backend import Emitters
from edgeml.backends.onnx.lowering import VERSION, OnnxDialect, emit_exact
from edgeml.backends.onnx.model import ExactModel, ScaledTensor
from edgeml.backends.onnx.plan import CarrierStep
from edgeml.backends.qdq.quantizing import stored
from edgeml.backends.qdq.runner import PRECISE
from edgeml.ir import Node
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.input import Input

EMITTERS = Emitters("qdq")
"""The ops that are written otherwise than in the exact model."""

_DOC = (
    "Exact fixed-point network written by edgeml, in QuantizeLinear and DequantizeLinear with zero points of "
    "zero and scales that are powers of two. Every sum has at most 24 bits: run in float32, or on the stored "
    "integers with int32 sums, the results are the same and equal to the hardware's. Inputs are the "
    "network's floats; outputs are exactly code * 2^-frac."
)


def _emit(model: ExactModel, node: Node, step: CarrierStep) -> ScaledTensor:
    op = step.fused.op if step.fused is not None else node.op
    if op.op_name() not in EMITTERS.names():
        return stored(model, node.name, emit_exact(model, node, step))
    tensor = EMITTERS.function(op.op_name(), "emit", "model, node, step")(model, node, step)
    return tensor if isinstance(op, Cast | Input) else stored(model, node.name, tensor)


QDQ = OnnxDialect("qdq", _DOC, _emit, VERSION, PRECISE)
