"""Operations that are real functions of one value, element by element: for the quantizer that follows."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from edgeml.ir.kind import Kind
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.layers._activation import keras_function
from edgeml.keras.layers._functions import Writer
from edgeml.keras.onnx_builder import FloatOnnxBuilder


def real_function(
    write: Writer, example: Callable[[ModuleType, Any, Any], Any], *settings: str
) -> OperationHandler:
    """The handler of a real function.

    A function that is not finite everywhere is refused where a value reaches such a place.

    Args:
        write: its float ONNX, see `edgeml.keras.layers._functions`.
        example: see `OperationHandler`.
        settings: attributes of the operation that `write` takes by name.
    """

    def float_onnx(build: FloatOnnxBuilder, operation: Any, args: list[Any], options: dict[str, Any]) -> str:
        del options
        return write(build, args[0].name, **{name: getattr(operation, name) for name in settings})

    return OperationHandler(kind=Kind.POINTWISE, lower=_lower, float_onnx=float_onnx, examples=(example,))


def _lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """Waits for the quantizer."""
    del options
    return builder.function(args[0].value, keras_function(operation), type(operation).__name__.lower())
