"""Pad: zeros around the axes of a sample."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.ir.kind import Kind
from edgeml.ir.ops.pad import Pad
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.onnx_builder import FloatOnnxBuilder
from edgeml.keras.operations._common import only


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


def float_onnx(build: FloatOnnxBuilder, operation: Any, args: list[Any], options: dict[str, Any]) -> str:
    """Pad with zeros."""
    if operation.mode != "constant" or any(np.any(value) for value in options.values() if value is not None):
        raise build.refuse("padding with other values than zeros", "pad with zeros, mode='constant'")
    width, rank = operation.pad_width, len(args[0].shape) + 1
    pairs = np.broadcast_to(np.asarray(width), (rank, 2))
    return build.add("Pad", [args[0].name, build.const(pairs.T.reshape(-1), np.int64)])


OPERATION = OperationHandler(
    kind=Kind.OTHER,
    lower=lower,
    float_onnx=float_onnx,
    examples=(lambda keras, x, y: keras.ops.pad(x, ((0, 0), (1, 2), (0, 1))),),
)
