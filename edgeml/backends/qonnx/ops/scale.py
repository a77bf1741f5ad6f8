"""Scale: Mul by powers of two."""

from __future__ import annotations

import numpy as np

from edgeml.backends.qonnx.model import QonnxModel, QonnxTensor
from edgeml.fixed import IntArray
from edgeml.ir import Graph, Node
from edgeml.ir.layout import arrange
from edgeml.ir.ops.scale import Scale


def exponents(graph: Graph, node: Node) -> int | IntArray:
    """The shifts, which become factors."""
    assert isinstance(node.op, Scale)
    return node.op.shift


def emit(model: QonnxModel, node: Node) -> QonnxTensor:
    """Mul by powers of two."""
    op = node.as_op(Scale)
    (source,) = node.inputs
    x, shape = model.tensors[source], model.shape(source)
    powers = np.ldexp(np.float32(1), np.asarray(op.shift, np.int32))
    factor = model.initializer(
        arrange(powers.astype(np.float32), shape, x.layout)[np.newaxis], f"{node.name}_factor"
    )
    return QonnxTensor(model.node("Mul", [x.name, factor], model.output_name(node.name, x.layout)), x.layout)
