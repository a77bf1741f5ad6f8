"""Fliplr: the elements of the first axis behind the samples backwards."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.operations._common import picked
from edgeml.keras.operations._families import moving


def lower(operation: Any, builder: LayerBuilder, value: str) -> str:
    """Pieces in another order."""
    del operation
    return picked(builder, value, 0, range(builder.info(value).shape[0])[::-1], "flip")


OPERATION = moving(lower, lambda keras, x, y: keras.ops.fliplr(x))
