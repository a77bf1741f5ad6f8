"""HardSwish, a table for the quantizer behind it."""

from __future__ import annotations

import numpy as np

from edgeml.importers.onnx_nodes._move import ONNX
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """x * max(0, min(1, x / 6 + 1 / 2))."""
    return reader.value(node).after(lambda x: x * np.clip(x / 6 + 0.5, 0.0, 1.0), "hard swish")
