"""Tile: a sample several times side by side."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.ir.kind import Kind
from edgeml.ir.ops.concat import Concat
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.onnx_builder import FloatOnnxBuilder


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """Concats of the value with itself."""
    del options
    value = args[0].value
    rank = len(builder.info(value).shape)
    times = tuple(int(n) for n in np.atleast_1d(operation.repeats))
    times = (1,) * (rank + 1 - len(times)) + times
    if len(times) > rank + 1 or times[0] != 1:
        raise builder.refuse("repeats the batch, or makes new axes", "give the first axis a one")
    for axis, count in enumerate(times[1:]):
        if count != 1:
            value = builder.add(Concat(axis), *[value] * int(count), part="tile")
    return value


def float_onnx(build: FloatOnnxBuilder, operation: Any, args: list[Any], options: dict[str, Any]) -> str:
    """Tile."""
    del options
    rank = len(args[0].shape) + 1
    times = np.atleast_1d(operation.repeats)
    if times.size > rank:
        raise build.refuse("a tiling that makes new axes", "give as many numbers as there are axes")
    return build.add("Tile", [args[0].name, build.const([*[1] * (rank - times.size), *times], np.int64)])


OPERATION = OperationHandler(
    kind=Kind.MOVES,
    lower=lower,
    float_onnx=float_onnx,
    examples=(lambda keras, x, y: keras.ops.tile(x, (1, 2, 1)),),
)
