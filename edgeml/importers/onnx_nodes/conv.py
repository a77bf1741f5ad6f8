"""Conv, one and two spatial axes."""

from __future__ import annotations

import numpy as np

from edgeml.importers.onnx_nodes._linear import biased, convolved
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = frozenset({"", "qonnx.custom_op.channels_last"})


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """Groups, strides, dilations, pads and auto_pad; QONNX's channels-last form has both inputs so."""
    value, weights = reader.value(node), reader.constant(node, 1, "weights")
    last = node.domain != ""
    if last:
        value = value.with_index(np.moveaxis(value.index, -1, 1))
        weights = weights.moved(lambda array: np.moveaxis(array, -1, 1))
    result = convolved(reader.assembly, node, value, weights)
    result = biased(result, reader.optional(node, 2, "bias"))
    return result.with_index(np.moveaxis(result.index, 1, -1)) if last else result
