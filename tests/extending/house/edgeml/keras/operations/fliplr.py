"""Fliplr: the elements of the first axis behind the samples backwards."""

from __future__ import annotations

from typing import Any

from edgeml.ir.kind import Kind
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.onnx_builder import FloatOnnxBuilder
from edgeml.keras.operations._common import picked
from edgeml.keras.operations._float_onnx import gathered


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """Pieces in another order."""
    del operation, options
    value = args[0].value
    size = builder.info(value).shape[0]
    return picked(builder, value, 0, range(size)[::-1], "flip")


def float_onnx(build: FloatOnnxBuilder, operation: Any, args: list[Any], options: dict[str, Any]) -> str:
    """Gather backwards."""
    del operation, options
    return gathered(build, args[0].name, 1, range(args[0].shape[0])[::-1])


OPERATION = OperationHandler(
    kind=Kind.MOVES,
    lower=lower,
    float_onnx=float_onnx,
    examples=(lambda keras, x, y: keras.ops.fliplr(x),),
)
