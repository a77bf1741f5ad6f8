"""Square: `keras.ops.square(x)`."""

from __future__ import annotations

from typing import Any

from edgeml.ir.kind import Kind
from edgeml.ir.ops.mul import Mul
from edgeml.ir.ops.relu import Relu
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.onnx_builder import FloatOnnxBuilder


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """x * x; a Relu says to the interval arithmetic that it is never negative."""
    del operation, options
    product = builder.add(Mul(), args[0].value, args[0].value, part="product")
    return builder.add(Relu(), product, part="square")


def float_onnx(build: FloatOnnxBuilder, operation: Any, args: list[Any], options: dict[str, Any]) -> str:
    """x * x."""
    del operation, options
    return build.add("Mul", [args[0].name, args[0].name])


OPERATION = OperationHandler(
    kind=Kind.POINTWISE,
    lower=lower,
    float_onnx=float_onnx,
    examples=(lambda keras, x, y: keras.ops.square(x),),
)
