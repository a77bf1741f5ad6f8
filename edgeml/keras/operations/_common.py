"""Helpers of operations: operands, and axes, which Keras counts with the batch and the graph without."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError, shown
from edgeml.fixed import cover
from edgeml.ir.op import Op
from edgeml.ir.ops.concat import Concat
from edgeml.ir.ops.slice import Slice
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.quantizers._common import grid_of, real_floats

_MOST_BITS = 32
"""Of a constant's codes; float32 has 24 bits, and a grid common to all elements some more."""


@dataclass(frozen=True)
class Operand:
    """An operand that depends on the input: the name of a value."""

    value: str


def tensors(args: Iterable[Any]) -> list[str]:
    """The values among operands, those in lists included."""
    names: list[str] = []
    for arg in args:
        if isinstance(arg, Operand):
            names.append(arg.value)
        elif isinstance(arg, list | tuple):
            names += tensors(arg)
    return names


def numbers(builder: LayerBuilder, value: Any) -> NDArray[np.float32]:
    """A constant operand in float32.

    Raises:
        EdgemlError: it holds no finite real numbers.
    """
    if hasattr(value, "numpy"):
        value = value.numpy()
    return real_floats(value, builder.layer)


def per_sample(builder: LayerBuilder, value: Any, rank: int) -> NDArray[np.float32]:
    """A constant without the axis of the samples.

    Args:
        builder: for messages.
        value: the operand.
        rank: axes of a sample that it meets.

    Raises:
        EdgemlError: it is another one for each sample of a batch.
    """
    array = numbers(builder, value)
    if array.ndim == rank + 1 and array.shape[0] == 1:
        array = array[0]
    if array.ndim > rank:
        raise builder.refuse(
            f"a constant of shape {array.shape} differs between the samples of a batch",
            "give it the shape of one sample, or of its last axes",
        )
    return array


def constant(builder: LayerBuilder, value: Any, rank: int, part: str = "constant") -> str:
    """A constant operand as a Const, exactly.

    Raises:
        EdgemlError: its values need more than 32 bits on one grid, or it differs between samples.
    """
    array = per_sample(builder, value, rank).astype(np.float64)
    frac = grid_of(array)
    codes = np.ldexp(array, frac)
    if np.abs(codes).max(initial=0) >= 2.0**_MOST_BITS:
        raise builder.refuse(
            f"its constants need more than {_MOST_BITS} bits on one grid",
            "round them to a grid, as numpy.round(c * 256) / 256 does",
        )
    whole = codes.astype(np.int64)
    return builder.const(whole, cover(min(int(whole.min()), 0), max(int(whole.max()), 0), frac), part)


def operands(builder: LayerBuilder, args: Sequence[Any]) -> tuple[str, str]:
    """Both operands as values; shapes broadcast.

    Raises:
        EdgemlError: two tensors of different ranks, which Keras would align with the batch.
    """
    ranks = [len(builder.info(arg.value).shape) for arg in args if isinstance(arg, Operand)]
    if len(set(ranks)) > 1:
        raise builder.refuse(
            f"its operands have {ranks[0]} and {ranks[1]} axes besides the batch",
            "give both as many with keras.layers.Reshape: Keras aligns the last axes, the batch among them",
        )
    left, right = (
        arg.value if isinstance(arg, Operand) else constant(builder, arg, ranks[0]) for arg in args[:2]
    )
    return left, right


def fold_two(builder: LayerBuilder, op: Op, args: Sequence[Any], part: str) -> str:
    """op(a, b)."""
    return builder.add(op, *operands(builder, args), part=part)


def graph_axis(builder: LayerBuilder, axis: Any, rank: int) -> int:
    """An axis as the graph counts it.

    Args:
        builder: for messages.
        axis: as Keras counts, the batch is 0.
        rank: axes of a sample.

    Raises:
        EdgemlError: it is the batch, or none.
    """
    if not isinstance(axis, int | np.integer):
        raise builder.refuse(f"works along axis {axis}, the batch too", "name the axes, from 1 on")
    position = int(axis) + (rank + 1 if axis < 0 else 0)
    if position == 0:
        raise builder.refuse("works along axis 0, the batch", "use another axis; samples never meet")
    if not 1 <= position <= rank:
        raise builder.refuse(f"has no axis {axis}", f"use 1 to {rank}")
    return position - 1


def graph_axes(builder: LayerBuilder, axis: Any, rank: int) -> tuple[int, ...]:
    """Several axes, sorted; see `graph_axis`."""
    listed = axis if isinstance(axis, list | tuple) else [axis]
    return tuple(sorted(graph_axis(builder, one, rank) for one in listed))


def picked(builder: LayerBuilder, value: str, axis: int, indices: Sequence[int], part: str) -> str:
    """Elements of one axis of the graph, by position; runs of neighbours are taken in one piece.

    Raises:
        EdgemlError: more pieces than are reasonable, or none.
    """
    shape = builder.info(value).shape
    steps = {after - before for before, after in pairwise(indices)}
    if len(steps) == 1 and min(steps) > 1:
        return _slice(builder, value, axis, range(indices[0], indices[-1] + 1, min(steps)), part)
    runs: list[tuple[int, int]] = []
    for index in indices:
        if runs and runs[-1][1] == index:
            runs[-1] = (runs[-1][0], index + 1)
        else:
            runs.append((index, index + 1))
    if not runs:
        raise builder.refuse("takes no element", "leave the layer out")
    if len(runs) > _MOST_PIECES:
        raise builder.refuse(
            f"takes {len(runs)} pieces of an axis, one by one",
            f"take at most {_MOST_PIECES}, or order the data before the model",
        )
    pieces = []
    for start, stop in runs:
        if (start, stop) == (0, shape[axis]):
            pieces.append(value)
            continue
        pieces.append(_slice(builder, value, axis, range(start, stop), f"{part}.piece"))
    return pieces[0] if len(pieces) == 1 else builder.add(Concat(axis), *pieces, part=part)


_MOST_PIECES = 64


def _slice(builder: LayerBuilder, value: str, axis: int, places: range, part: str) -> str:
    shape = builder.info(value).shape
    starts, stops, steps = [0] * len(shape), list(shape), [1] * len(shape)
    starts[axis], stops[axis], steps[axis] = places.start, places.stop, places.step
    return builder.add(Slice(tuple(starts), tuple(stops), tuple(steps)), value, part=part)


def only(builder: LayerBuilder, options: dict[str, Any], **allowed: Any) -> None:
    """Refuse keyword arguments with other values than those that mean nothing.

    Raises:
        EdgemlError: names the first.
    """
    for key, value in options.items():
        if key in allowed and np.array_equal(value, allowed[key]):
            continue
        if value is None or isinstance(value, Operand):
            continue
        raise builder.refuse(f"is called with {key}={shown(value)}", f"leave {key} out")


def scalar(builder: LayerBuilder, value: Any) -> float:
    """A constant that is one number.

    Raises:
        EdgemlError: it is an array.
    """
    array = numbers(builder, value)
    if array.size != 1:
        raise EdgemlError(f"an array of shape {array.shape} where one number is taken", builder.layer)
    return float(array.reshape(()))
