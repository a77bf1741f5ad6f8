"""Upsample, the name of Resize before opset 10."""

from __future__ import annotations

from dataclasses import replace

from edgeml.importers.onnx_nodes import resize
from edgeml.importers.onnx_nodes._move import ONNX
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """Every element repeated."""
    return resize.lower(replace(node, op_type="Resize"), reader)
