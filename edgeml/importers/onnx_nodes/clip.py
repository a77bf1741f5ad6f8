"""Clip."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.importers.onnx_nodes._move import ONNX
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """A constant range; before opset 11 its ends are attributes."""
    ends: list[Fraction | None] = []
    for position, name in enumerate(("min", "max"), start=1):
        stated = reader.optional(node, position, name)
        if stated is not None and stated.values.size != 1:
            raise EdgemlError(f"a {name} per element")
        end = node.attributes.get(name) if stated is None else stated.values.reshape(-1)[0]
        ends.append(None if end is None or not np.isfinite(end) or abs(end) > 1e30 else Fraction(float(end)))
    return reader.value(node).clipped(ends[0], ends[1])
