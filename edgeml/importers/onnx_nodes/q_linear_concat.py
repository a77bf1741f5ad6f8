"""QLinearConcat of ONNX Runtime."""

from __future__ import annotations

from edgeml.errors import EdgemlError
from edgeml.importers.affine.value import AffineValue
from edgeml.importers.onnx_nodes import _integer as common
from edgeml.importers.onnx_nodes.concat import joined
from edgeml.importers.onnx_nodes.quantize_linear import as_codes
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = frozenset({"com.microsoft"})


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """Every part is requantized to the result's scale, then they are put side by side."""
    scale, zero = common.parameters(node, reader, 0)
    if (len(node.inputs) - 2) % 3:
        raise EdgemlError("a number of inputs that is not two and three for every part")
    parts: list[AffineValue] = []
    for place in range(2, len(node.inputs), 3):
        value = common.real_value(reader.value(node, place), *common.parameters(node, reader, place + 1))
        parts.append(as_codes(reader, value, scale, zero))
    return joined(reader, parts, node.integer("axis", 1))
