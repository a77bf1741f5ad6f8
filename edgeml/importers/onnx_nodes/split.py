"""Split along one axis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgeml.importers.onnx_nodes._move import ONNX, part_of
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand, shape_of
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = ONNX


def lower(node: SourceNode, reader: OnnxReader) -> Sequence[Operand]:
    """As many parts as outputs, of equal or stated sizes."""
    operand = reader.at(node, 0)
    axis = node.integer("axis", 0)
    size, count = shape_of(operand)[axis], len(node.outputs)
    stated = reader.optional(node, 1, "sizes")
    sizes = node.integers("split", ()) if stated is None else stated.integers("the sizes")
    if not sizes:
        step = -(-size // count)
        sizes = (*(step,) * (count - 1), size - step * (count - 1))
    ends = np.cumsum(sizes).tolist()
    return [
        part_of(reader, operand, lambda array, a=start, b=end: np.take(array, range(a, b), axis=axis))
        for start, end in zip([0, *ends[:-1]], ends, strict=True)
    ]
