"""Round: whole numbers, rounded half to even."""

from __future__ import annotations

from typing import Any

from edgeml.fixed import Round
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.onnx_builder import FloatOnnxBuilder
from edgeml.keras.operations._families import pointwise
from edgeml.keras.operations._whole import whole


def lower(operation: Any, builder: LayerBuilder, value: str) -> str:
    """A Cast."""
    if operation.decimals:
        raise builder.refuse(
            f"rounds to {operation.decimals} decimals", "use QActivation(quantized_bits(...))"
        )
    return whole(builder, value, Round.RND_CONV)


def write(build: FloatOnnxBuilder, x: str, decimals: int) -> str:
    """Round, half to even."""
    if decimals:
        raise build.refuse("rounding to decimals", "use QActivation(quantized_bits(...))")
    return build.add("Round", [x])


OPERATION = pointwise(lower, write, lambda keras, x, y: keras.ops.round(x), settings=("decimals",))
