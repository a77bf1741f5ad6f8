"""Ravel: all elements of a whole batch in one row, which no sample can do alone."""

from __future__ import annotations

from typing import Any

from edgeml.ir.kind import Kind
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import Absent, OperationHandler


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """Always refused."""
    raise builder.refuse("puts the samples of a batch in one row", "use keras.layers.Flatten")


OPERATION = OperationHandler(
    kind=Kind.MOVES,
    lower=lower,
    float_onnx=Absent("it puts the samples of a batch in one row; use keras.layers.Flatten"),
    examples=(lambda keras, x, y: keras.ops.ravel(x),),
)
