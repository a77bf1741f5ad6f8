"""GetItem: `x[:, 1:, 0]`, slices and single elements; the batch is left whole."""

from __future__ import annotations

from typing import Any

from edgeml.ir.kind import Kind
from edgeml.ir.ops.reshape import Reshape
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.handlers import OperationHandler
from edgeml.keras.operations._common import picked
from edgeml.keras.operations._moved import as_lowered


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """Slices, then a Reshape for axes that go or come."""
    value, key = args[0].value, args[1]
    shape = builder.info(value).shape
    first, *others = index_parts(key, len(shape))
    if first != slice(None):
        raise builder.refuse("picks samples of the batch", "begin with :, as in x[:, 0]")
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


def index_parts(key: Any, rank: int) -> list[Any]:
    """One part per axis, the batch first, and None where there is a new one; `rank` axes of a sample."""
    parts = list(key) if isinstance(key, tuple | list) else [key]  # a list once it was saved
    indexed = sum(part is not None and part is not Ellipsis for part in parts)
    if Ellipsis in parts:
        place = parts.index(Ellipsis)
        parts[place : place + 1] = [slice(None)] * (rank + 1 - indexed)
    return parts + [slice(None)] * (rank + 1 - sum(part is not None for part in parts))


OPERATION = OperationHandler(
    kind=Kind.MOVES,
    lower=lower,
    float_onnx=as_lowered(lower),
    examples=(
        lambda keras, x, y: x[:, 1:3, 0],
        lambda keras, x, y: x[..., None],
        lambda keras, x, y: x[:, ::2],
        lambda keras, x, y: x[:, ::-1, 1:],
    ),
)
