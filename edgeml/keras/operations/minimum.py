"""Minimum: the smaller of two values, or of a value and a constant."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.ir.kind import Kind
from edgeml.ir.ops.min import Min
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.operations._common import fold_two
from edgeml.keras.operations._float_onnx import two


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """A Min."""
    del operation, options
    return fold_two(builder, Min(), args, "smaller")


OPERATION = OperationHandler(
    kind=Kind.POINTWISE,
    lower=lower,
    float_onnx=two("Min"),
    examples=(
        lambda keras, x, y: keras.ops.minimum(x, y),
        lambda keras, x, y: keras.ops.minimum(x, np.array([0.5, -1.75, 3.0], np.float32)),
    ),
)
