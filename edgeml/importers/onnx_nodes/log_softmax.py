"""LogSoftmax at the end of a model, which is left off."""

from __future__ import annotations

from edgeml.importers.onnx_nodes._move import ONNX
from edgeml.importers.onnx_nodes.softmax import refused
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """Waits for the end of the model, as a softmax does."""
    reader.leave_off_quantizer(node)
    return reader.value(node).after(refused, "log_softmax")
