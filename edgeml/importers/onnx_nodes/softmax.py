"""Softmax at the end of a model, which is left off."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edgeml.importers.affine.settle import softmax_within
from edgeml.importers.onnx_nodes._move import ONNX
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def refused(_: NDArray[np.float64]) -> NDArray[np.float64]:
    """The function whose table a quantizer behind the softmax asks for.

    Raises:
        EdgemlError: always.
    """
    raise softmax_within()


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """Waits for the end of the model; a quantizer behind it is left off there, and refused elsewhere."""
    reader.leave_off_quantizer(node)
    return reader.value(node).after(refused, "softmax")
