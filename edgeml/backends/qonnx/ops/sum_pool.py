"""SumPool: a depthwise Conv with ones."""

from __future__ import annotations

import numpy as np

from edgeml.backends.qonnx.model import QonnxModel, QonnxTensor
from edgeml.backends.qonnx.ops._convolution import conv_node
from edgeml.backends.qonnx.ops._exponents import no_exponents
from edgeml.ir import Node
from edgeml.ir.layout import FIRST
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.sum_pool import SumPool

exponents = no_exponents


def emit(model: QonnxModel, node: Node) -> QonnxTensor:
    """A depthwise Conv with ones: exact for every window, which an average is not."""
    op = node.as_op(SumPool)
    (source,) = node.inputs
    channels = model.shape(source)[-1]
    ones = model.initializer(np.ones((channels, 1, *op.pool), np.float32), f"{node.name}_ones_float")
    kernel = model.quant(
        ones, model.unique(f"{node.name}_ones"), signed=False, width=1, frac=np.zeros(1, np.int64)
    )
    conv = Conv(op.strides, op.padding, (1,) * len(op.pool), channels)
    return QonnxTensor(
        conv_node(model, node.name, conv, op.pool, [model.value(source, FIRST), kernel]), FIRST
    )
