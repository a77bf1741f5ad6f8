"""Reshape: the same elements, row by row, in another shape."""

from __future__ import annotations

import math
from typing import Any

from edgeml.ir.kind import Kind
from edgeml.ir.ops.reshape import Reshape
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.onnx_builder import FloatOnnxBuilder
from edgeml.keras.operations._float_onnx import reshaped


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """A Reshape; the first size must be the batch's."""
    del options
    size = builder.info(args[0].value).size
    first, *shape = operation.newshape
    divisor = math.prod(n for n in shape if n not in (-1, None))
    sizes = tuple(int(n) if n not in (-1, None) else size // max(divisor, 1) for n in shape)
    if math.prod(sizes) != size or first not in (-1, None):
        raise builder.refuse(
            f"reshapes the batch, to {tuple(operation.newshape)}",
            "use keras.layers.Reshape, which leaves it alone",
        )
    return builder.add(Reshape(sizes), args[0].value, part="reshape")


def float_onnx(build: FloatOnnxBuilder, operation: Any, args: list[Any], options: dict[str, Any]) -> str:
    """Reshape; the first size must be the batch's."""
    del options
    first, *sizes = operation.newshape
    if first not in (-1, None):
        raise build.refuse("a reshape of the batch", "use keras.layers.Reshape, which leaves it alone")
    count = math.prod(args[0].shape)
    stated = math.prod(size for size in sizes if size not in (-1, None))
    return reshaped(
        build, args[0].name, [size if size not in (-1, None) else count // stated for size in sizes]
    )


OPERATION = OperationHandler(
    kind=Kind.MOVES,
    lower=lower,
    float_onnx=float_onnx,
    examples=(
        lambda keras, x, y: keras.ops.reshape(x, (-1, 2, 6)),
        lambda keras, x, y: keras.ops.reshape(x, (-1, 12)),
    ),
)
