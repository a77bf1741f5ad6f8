"""Tanh, a table for the quantizer behind it."""

from __future__ import annotations

import numpy as np

from edgeml.importers.onnx_nodes._move import ONNX
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """The hyperbolic tangent."""
    return reader.value(node).after(np.tanh, "tanh")
