"""Mish, a table for the quantizer behind it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edgeml.importers.onnx_nodes._move import ONNX
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """x * tanh(log(1 + exp(x)))."""
    return reader.value(node).after(_mish, "mish")


def _mish(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return x * np.tanh(np.logaddexp(x, 0.0))
