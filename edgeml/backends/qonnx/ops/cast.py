"""Cast: Quant in the layout the value has."""

from __future__ import annotations

import numpy as np

from edgeml.backends.qonnx.model import QonnxModel, QonnxTensor
from edgeml.backends.qonnx.ops._casting import QonnxCast, quantize_tensor
from edgeml.fixed import IntArray
from edgeml.ir import Graph, Node
from edgeml.ir.ops.cast import Cast


def exponents(graph: Graph, node: Node) -> int | IntArray:
    """Those of the Quant node's scale."""
    assert isinstance(node.op, Cast)
    return np.asarray(node.op.to.frac)


def emit(model: QonnxModel, node: Node) -> QonnxTensor:
    """Quant in the layout the value has."""
    op = node.as_op(Cast)
    (source,) = node.inputs
    x = model.tensors[source]
    cast = QonnxCast(model, node, op.to, op.overflow, x.layout)
    output = model.output_name(node.name, x.layout)
    sides = op.overflow_sides(model.graph.info(source))
    return QonnxTensor(
        quantize_tensor(cast, x.name, output, op.rounding, op.rounds(model.grids[source]), sides), x.layout
    )
