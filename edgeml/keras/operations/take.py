"""Take: elements of an axis by constant positions."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.ir.kind import Kind
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.operations._common import Operand, graph_axis, picked
from edgeml.keras.operations._moved import as_lowered


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """Pieces, in order."""
    value, indices = args[0].value, args[1]
    if isinstance(indices, Operand):
        raise builder.refuse("takes positions that are computed", "use constant ones")
    shape = builder.info(value).shape
    axis = graph_axis(builder, operation.axis, len(shape))
    places = np.asarray(indices)
    if places.ndim != 1 or (places.size and not -shape[axis] <= places.min() <= places.max() < shape[axis]):
        raise builder.refuse(f"takes positions {places.tolist()} of {shape[axis]}", "use a list of positions")
    return picked(builder, value, axis, [int(i) % shape[axis] for i in places], "take")


OPERATION = OperationHandler(
    kind=Kind.MOVES,
    lower=lower,
    float_onnx=as_lowered(lower),
    examples=(lambda keras, x, y: keras.ops.take(x, [2, 0, 0], axis=2),),
)
