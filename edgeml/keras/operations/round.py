"""Round: whole numbers, rounded half to even."""

from __future__ import annotations

from typing import Any

from edgeml.fixed import Round
from edgeml.ir.kind import Kind
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.onnx_builder import FloatOnnxBuilder
from edgeml.keras.operations._whole import whole


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """A Cast."""
    del options
    if operation.decimals:
        raise builder.refuse(
            f"rounds to {operation.decimals} decimals", "use QActivation(quantized_bits(...))"
        )
    return whole(builder, args[0].value, Round.RND_CONV)


def float_onnx(build: FloatOnnxBuilder, operation: Any, args: list[Any], options: dict[str, Any]) -> str:
    """Round, half to even."""
    del options
    if operation.decimals:
        raise build.refuse("rounding to decimals", "use QActivation(quantized_bits(...))")
    return build.add("Round", [args[0].name])


OPERATION = OperationHandler(
    kind=Kind.POINTWISE,
    lower=lower,
    float_onnx=float_onnx,
    examples=(lambda keras, x, y: keras.ops.round(x),),
)
