"""Input: Quant of the floats that come in."""

from __future__ import annotations

import numpy as np

from edgeml.backends.qonnx.model import Model, Tensor
from edgeml.backends.qonnx.ops._casting import Job, quantize_tensor
from edgeml.fixed import Round
from edgeml.ir import Node
from edgeml.ir.layout import LAST
from edgeml.ir.ops.input import Input

_TO_HALVES = {Round.RND: "FLOOR", Round.RND_MIN_INF: "CEIL", Round.RND_INF: "DOWN"}
"""How an arbitrary float is brought to half LSBs without making or breaking a tie."""


def emit(model: Model, node: Node) -> Tensor:
    """Quant of the floats that come in."""
    op = node.op
    assert isinstance(op, Input)
    job = Job(model, node, op.type, op.overflow, LAST)
    source = node.name
    if op.rounding in _TO_HALVES:
        source = model.quant(
            source,
            model.unique(f"{node.name}_halves"),
            signed=op.type.signed,
            width=job.width + 1,
            frac=job.arranged(op.type.frac) + 1,
            mode=_TO_HALVES[op.rounding],
        )
    everywhere = np.ones(op.shape, np.bool_)
    output = model.unique(f"{node.name}_quant")
    return Tensor(quantize_tensor(job, source, output, op.rounding, True, (everywhere, everywhere)))
