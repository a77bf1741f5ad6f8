"""Input: Quant of the floats that come in."""

from __future__ import annotations

import numpy as np

from edgeml.backends.qonnx.model import QonnxModel, QonnxTensor
from edgeml.backends.qonnx.ops._casting import QonnxCast, quantize_tensor
from edgeml.fixed import IntArray, Round
from edgeml.ir import Graph, Node
from edgeml.ir.layout import LAST
from edgeml.ir.ops.input import Input

_TO_HALVES = {Round.RND: "FLOOR", Round.RND_MIN_INF: "CEIL", Round.RND_INF: "DOWN"}
"""The rounding of an arbitrary float to half LSBs that neither makes nor breaks a tie."""


def exponents(graph: Graph, node: Node) -> int | IntArray:
    """Those of the Quant node's scale."""
    assert isinstance(node.op, Input)
    return np.asarray(node.op.type.frac)


def emit(model: QonnxModel, node: Node) -> QonnxTensor:
    """Quant of the floats that come in."""
    op = node.as_op(Input)
    cast = QonnxCast(model, node, op.type, op.overflow, LAST)
    source = node.name
    if op.rounding in _TO_HALVES:
        source = model.quant(
            source,
            model.unique(f"{node.name}_halves"),
            signed=op.type.signed,
            width=cast.width + 1,
            frac=cast.arranged(op.type.frac) + 1,
            mode=_TO_HALVES[op.rounding],
        )
    everywhere = np.ones(op.shape, np.bool_)
    output = model.unique(f"{node.name}_quant")
    return QonnxTensor(quantize_tensor(cast, source, output, op.rounding, True, (everywhere, everywhere)))
