"""Clip: the value kept between two constants."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.max import Max
from edgeml.ir.ops.min import Min
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.operations._common import constant

POINTWISE = True


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """A Max and a Min."""
    del options
    value = args[0].value
    rank = len(builder.info(value).shape)
    if operation.x_min is not None:
        value = builder.add(Max(), value, constant(builder, operation.x_min, rank, "least"), part="raised")
    if operation.x_max is not None:
        value = builder.add(Min(), value, constant(builder, operation.x_max, rank, "most"), part="clipped")
    return value
