"""Pad: zeros around the axes of a sample."""

from __future__ import annotations

from typing import Any

from edgeml.ir.kind import Kind
from edgeml.ir.ops.pad import Pad
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.operations._common import only
from edgeml.keras.operations._moved import as_lowered


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """A Pad."""
    only(builder, options, constant_values=0)
    if operation.mode != "constant":
        raise builder.refuse(f"pads by mode {operation.mode!r}", "pad with zeros, mode='constant'")
    width = operation.pad_width
    rank = len(builder.info(args[0].value).shape)
    pairs = [tuple(map(int, pair)) for pair in (width if len(width) > 1 else [width[0]] * (rank + 1))]
    if pairs[0] != (0, 0):
        raise builder.refuse("pads the batch", "give the first axis the pair (0, 0)")
    return builder.add(Pad(tuple((a, b) for a, b in pairs[1:])), args[0].value, part="pad")


OPERATION = OperationHandler(
    kind=Kind.OTHER,
    lower=lower,
    float_onnx=as_lowered(lower),
    examples=(lambda keras, x, y: keras.ops.pad(x, ((0, 0), (1, 2), (0, 1))),),
)
