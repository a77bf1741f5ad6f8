"""Amin: the smallest along axes."""

from __future__ import annotations

from typing import Any

from edgeml.fixed import FixedType
from edgeml.ir.kind import Kind
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.mul import Mul
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.operations._float_onnx import reduced as reduced_onnx
from edgeml.keras.operations._reduce import reduced


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """-max(-x)."""
    del options
    minus = builder.const(-1, FixedType(True, 1, 0), "minus")
    mirrored = builder.add(Mul(), args[0].value, minus, part="mirrored")
    largest, _ = reduced(builder, mirrored, operation.axis, operation.keepdims, MaxPool)
    return builder.add(Mul(), largest, minus, part="smallest")


OPERATION = OperationHandler(
    kind=Kind.OTHER,
    lower=lower,
    float_onnx=reduced_onnx("ReduceMin"),
    examples=(lambda keras, x, y: keras.ops.amin(x, axis=1),),
)
