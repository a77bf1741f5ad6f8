"""Families of operations: what their files declare, given once.

    moving(lower, *examples)               only moves elements; its float ONNX is what `lower` makes
    pointwise(lower, write, *examples)     of one tensor, element by element
    folding(op, onnx, part, *examples)     of two operands, one op of the graph and one of ONNX
    reducing(lower, onnx, *examples)       along axes
    as_layer(layer, kind, *examples)       does what a layer of the same settings does
    real_function(write, example)          element by element, a table with the quantizer that follows

Here `lower` is (operation, builder, value) to a value: the operation has one tensor, all else are settings of
it. An operation that fits no family declares an `OperationHandler` itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from edgeml.ir.kind import Kind
from edgeml.ir.op import Op
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import Absent, LayerHandler, OperationExample, OperationHandler
from edgeml.keras.layers._activation import keras_function
from edgeml.keras.layers._functions import Writer
from edgeml.keras.onnx_builder import FloatOnnxBuilder
from edgeml.keras.operations._common import operands
from edgeml.keras.operations._float_onnx import reduced, two
from edgeml.keras.operations._moved import Lower, as_lowered

LowerOne = Callable[[Any, LayerBuilder, str], str]


def of_one(lower: LowerOne) -> Lower:
    """The general form of a `lower` of one tensor."""

    def lower_first(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
        return lower(operation, builder, args[0].value)

    return lower_first


def moving(lower: LowerOne, *examples: OperationExample) -> OperationHandler:
    """The handler of an operation that only moves elements of one tensor."""
    general = of_one(lower)
    return OperationHandler(kind=Kind.MOVES, lower=general, float_onnx=as_lowered(general), examples=examples)


def pointwise(
    lower: LowerOne, write: Writer, *examples: OperationExample, settings: Sequence[str] = ()
) -> OperationHandler:
    """The handler of a function of one tensor, element by element.

    Args:
        lower: (operation, builder, value) to a value.
        write: its float ONNX, see `edgeml.keras.layers._functions`.
        examples: see `OperationHandler`.
        settings: attributes of the operation that `write` takes by name.
    """
    return _pointwise(of_one(lower), write, examples, settings)


def folding(op: Op, onnx: str, part: str, *examples: OperationExample) -> OperationHandler:
    """The handler of an operation of two operands, values or constants, that is one op named `part`."""

    def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
        return builder.add(op, *operands(builder, args), part=part)

    return OperationHandler(kind=Kind.POINTWISE, lower=lower, float_onnx=two(onnx), examples=examples)


def reducing(lower: LowerOne, onnx: str, *examples: OperationExample) -> OperationHandler:
    """The handler of a reduction along axes."""
    return OperationHandler(kind=Kind.OTHER, lower=of_one(lower), float_onnx=reduced(onnx), examples=examples)


def as_layer(layer: LayerHandler, kind: Kind, *examples: OperationExample) -> OperationHandler:
    """The handler of an operation of one tensor that has the settings of a layer, and does the same."""

    def lower(operation: Any, builder: LayerBuilder, value: str) -> str:
        return layer.lower(operation, builder, (value,))

    def float_onnx(build: FloatOnnxBuilder, operation: Any, args: list[Any], options: dict[str, Any]) -> str:
        assert not isinstance(layer.float_onnx, Absent)
        return layer.float_onnx(build, operation, [args[0]]).name

    return OperationHandler(kind=kind, lower=of_one(lower), float_onnx=float_onnx, examples=examples)


def real_function(write: Writer, example: OperationExample, *settings: str) -> OperationHandler:
    """The handler of a real function: a table with the quantizer that follows.

    A function that is not finite everywhere is refused where a value reaches such a place.

    Args:
        write: its float ONNX, see `edgeml.keras.layers._functions`.
        example: see `OperationHandler`.
        settings: attributes of the operation that `write` takes by name.
    """
    return replace(_pointwise(_REAL, write, (example,), settings), real=True)


def _real(operation: Any, builder: LayerBuilder, value: str) -> str:
    return builder.function(value, keras_function(operation), type(operation).__name__.lower())


_REAL = of_one(_real)


def _pointwise(
    lower: Lower, write: Writer, examples: tuple[OperationExample, ...], settings: Sequence[str]
) -> OperationHandler:
    def float_onnx(build: FloatOnnxBuilder, operation: Any, args: list[Any], options: dict[str, Any]) -> str:
        return write(build, args[0].name, **{name: getattr(operation, name) for name in settings})

    return OperationHandler(kind=Kind.POINTWISE, lower=lower, float_onnx=float_onnx, examples=examples)
