"""QLinearSoftmax of ONNX Runtime at the end of a model, which is left off."""

from __future__ import annotations

from edgeml.importers.affine.settle import softmax_within
from edgeml.importers.onnx_nodes import _integer as common
from edgeml.importers.onnx_nodes.softmax import refused
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = frozenset({"com.microsoft"})


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """Waits for the end of the model, whose output then is the codes of its input."""
    scale, zero = common.parameters(node, reader, 1)
    if not reader.leave_off_quantizer(node):
        raise softmax_within()
    reader.output_is_codes(node, float(scale.values.item()), int(zero.values.item()))
    return reader.value(node).after(refused, "softmax")
