"""Gelu, a table for the quantizer behind it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from edgeml.importers.onnx_nodes.erf import erf
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = frozenset({"", "com.microsoft"})


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """x times the share of a normal distribution below x, or its approximation by tanh."""
    by_tanh = node.text("approximate", "none") == "tanh"
    return reader.value(node).after(_by_tanh if by_tanh else _by_erf, "gelu")


def _by_tanh(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def _by_erf(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return 0.5 * x * (1 + erf(x * math.sqrt(0.5)))
