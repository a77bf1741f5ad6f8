"""Fliplr: the elements of the first axis behind the samples backwards."""

from __future__ import annotations

from typing import Any

from edgeml.keras.builder import LayerBuilder
from edgeml.keras.operations._common import picked

MOVES = True


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """Pieces in another order."""
    del operation, options
    value = args[0].value
    size = builder.info(value).shape[0]
    return picked(builder, value, 0, range(size)[::-1], "flip")


def example(x: Any, y: Any) -> Any:
    """The operation on two tensors."""
    import keras

    return keras.ops.fliplr(x) + y
