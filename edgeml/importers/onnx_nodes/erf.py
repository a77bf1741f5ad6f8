"""Erf, a table for the quantizer behind it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from edgeml.importers.onnx_nodes._move import ONNX
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def erf(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The error function."""
    return np.array([math.erf(number) for number in x.reshape(-1).tolist()]).reshape(x.shape)


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """The error function, as exporters write GELU: x / 2 * (1 + erf(x / sqrt(2)))."""
    return reader.value(node).after(erf, "erf")
