"""Softmax at the end of a model, which is left off."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.importers.onnx_nodes._move import ONNX
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def in_the_midst() -> EdgemlError:
    """The refusal of a softmax that a quantizer stands behind within a model."""
    return EdgemlError(
        "a quantizer behind a softmax in the midst of a model, which no table of one value can hold",
        hint="export the model up to its logits; the largest logit is the class",
    )


def refused(_: NDArray[np.float64]) -> NDArray[np.float64]:
    """The function whose table a quantizer behind the softmax asks for.

    Raises:
        EdgemlError: always.
    """
    raise in_the_midst()


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """Waits for the end of the model; a quantizer behind it is left off there, and refused elsewhere."""
    reader.leave_off_quantizer(node)
    return reader.value(node).after(refused, "softmax")
