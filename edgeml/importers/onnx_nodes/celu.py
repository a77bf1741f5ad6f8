"""Celu, a table for the quantizer behind it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edgeml.importers.onnx_nodes._move import ONNX
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """x where positive, alpha * (exp(x / alpha) - 1) elsewhere."""
    alpha = node.number("alpha", 1.0)

    def function(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0) / alpha))

    return reader.value(node).after(function, "celu")
