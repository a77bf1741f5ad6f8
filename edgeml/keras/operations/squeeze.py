"""Squeeze: axes of one element are left out."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.ir.kind import Kind
from edgeml.ir.ops.reshape import Reshape
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.onnx_builder import FloatOnnxBuilder
from edgeml.keras.operations._common import graph_axes
from edgeml.keras.operations._float_onnx import axes_of


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """A Reshape."""
    del options
    shape = builder.info(args[0].value).shape
    every = tuple(a for a, n in enumerate(shape) if n == 1)
    axes = every if operation.axis is None else graph_axes(builder, operation.axis, len(shape))
    left = tuple(n for a, n in enumerate(shape) if a not in axes)
    return builder.add(Reshape(left), args[0].value, part="reshape")


def float_onnx(build: FloatOnnxBuilder, operation: Any, args: list[Any], options: dict[str, Any]) -> str:
    """Squeeze; without axes, those of a sample that have one element."""
    del options
    shape = args[0].shape
    single = [axis for axis, size in enumerate(shape, 1) if size == 1]
    axes = single if operation.axis is None else axes_of(operation.axis, len(shape) + 1)
    return build.add("Squeeze", [args[0].name, build.const(axes, np.int64)])


OPERATION = OperationHandler(
    kind=Kind.MOVES,
    lower=lower,
    float_onnx=float_onnx,
    examples=(lambda keras, x, y: keras.ops.squeeze(x[:, :1], 1),),
)
