"""MatMul; for a flattened channels-first input the rows of the weights are reordered."""

from __future__ import annotations

import numpy as np

from edgeml.backends.qonnx.model import QonnxModel, QonnxTensor
from edgeml.backends.qonnx.ops._exponents import no_exponents
from edgeml.ir import Node
from edgeml.ir.layout import LAST, Order, arrange

exponents = no_exponents


def emit(model: QonnxModel, node: Node) -> QonnxTensor:
    """MatMul; for a flattened channels-first input the rows of the weights are reordered."""
    source, weight = node.inputs
    x = model.tensors[source]
    layout = x.layout if x.layout.order is Order.FLAT else LAST
    size = model.shape(weight)[0]
    rows = arrange(np.arange(size), (size,), layout)
    matrix = model.constant(weight, lambda values: values[rows])
    return QonnxTensor(model.node("MatMul", [model.value(source, layout), matrix], node.name))
