"""Merging layers: several inputs, one op after the other."""

from __future__ import annotations

from collections.abc import Sequence

from edgeml.ir.op import Op
from edgeml.keras.builder import LayerBuilder


def fold(builder: LayerBuilder, op: Op, inputs: Sequence[str], part: str) -> str:
    """op(op(a, b), c)...; exact, so that the order cannot matter."""
    result = inputs[0]
    for other in inputs[1:]:
        result = builder.add(op, result, other, part=part)
    return result
