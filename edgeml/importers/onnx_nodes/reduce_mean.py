"""ReduceMean."""

from __future__ import annotations

from functools import partial

from edgeml.importers.onnx_nodes._move import ONNX
from edgeml.importers.onnx_nodes._pool import mean
from edgeml.importers.onnx_nodes._reduce import reduced
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """The mean over some axes, kept or not."""
    return reduced(node, reader, partial(mean, count_padding=True))
