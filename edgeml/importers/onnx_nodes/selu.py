"""Selu, a table for the quantizer behind it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edgeml.importers.onnx_nodes._move import ONNX
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """gamma times x where positive, gamma * alpha * (exp(x) - 1) elsewhere."""
    alpha = node.number("alpha", 1.67326319217681884765625)
    gamma = node.number("gamma", 1.05070102214813232421875)

    def function(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return gamma * np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))

    return reader.value(node).after(function, "selu")
