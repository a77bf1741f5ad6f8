"""GetItem: `x[:, 1:, 0]`, slices and single elements; the batch is left whole."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.reshape import Reshape
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.operations._common import picked

MOVES = True


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """Slices, then a Reshape for axes that go or come."""
    del operation, options
    value, key = args[0].value, args[1]
    parts = list(key) if isinstance(key, tuple | list) else [key]  # a list once it was saved
    shape = builder.info(value).shape
    given = sum(part is not None and part is not Ellipsis for part in parts)
    if Ellipsis in parts:
        place = parts.index(Ellipsis)
        parts[place : place + 1] = [slice(None)] * (len(shape) + 1 - given)
    first, *others = parts
    if first != slice(None):
        raise builder.refuse("picks samples of the batch", "begin with :, as in x[:, 0]")
    others += [slice(None)] * (len(shape) - sum(part is not None for part in others))
    left: list[int] = []
    axis = 0
    for part in others:
        if part is None:
            left.append(1)
            continue
        if not isinstance(part, int | slice):
            raise builder.refuse(f"is indexed by {part!r}", "use slices and whole numbers, or keras.ops.take")
        size = shape[axis]
        if isinstance(part, int) and not -size <= part < size:
            raise builder.refuse(f"has no position {part} of {size}", "use one within the axis")
        places = [part % size] if isinstance(part, int) else list(range(size))[part]
        value = picked(builder, value, axis, places, "item")
        if isinstance(part, slice):
            left.append(len(places))
        axis += 1
    done = builder.info(value).shape == tuple(left)
    return value if done else builder.add(Reshape(tuple(left)), value, part="reshape")
