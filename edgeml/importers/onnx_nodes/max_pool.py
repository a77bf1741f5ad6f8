"""MaxPool."""

from __future__ import annotations

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.importers.onnx_nodes._pool import largest
from edgeml.importers.onnx_nodes._spatial import window
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = frozenset({"", "qonnx.custom_op.channels_last"})


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """Pads, auto_pad and ceil_mode; not the second output, and no dilation."""
    value = reader.value(node)
    last = node.domain != ""
    if last:
        value = value.with_index(np.moveaxis(value.index, -1, 1))
    geometry = window(node, value.source_shape[2:])
    if any(dilation != 1 for dilation in geometry.dilations):
        raise EdgemlError("a dilated maximum", hint="use no dilations")
    if len(node.outputs) > 1 and node.outputs[1]:
        raise EdgemlError("the positions of the maxima")
    result = largest(reader.assembly, value, geometry)
    return result.with_index(np.moveaxis(result.index, 1, -1)) if last else result
