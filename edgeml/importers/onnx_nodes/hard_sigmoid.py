"""HardSigmoid, a table for the quantizer behind it."""

from __future__ import annotations

import numpy as np

from edgeml.importers.onnx_nodes._move import ONNX
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """max(0, min(1, alpha * x + beta))."""
    alpha, beta = node.number("alpha", 0.2), node.number("beta", 0.5)
    return reader.value(node).after(lambda x: np.clip(alpha * x + beta, 0.0, 1.0), "hard sigmoid")
