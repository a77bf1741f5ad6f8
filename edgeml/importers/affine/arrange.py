"""Elements in the order that an op needs: as few moves as do it, most often none.

What the source did with transpositions, reshapes, slices and nearest-neighbour resizing is in a value's
index. The ops that bring the elements into a wanted order are read off the positions themselves: the
positions of any chain of such ops count up in a mixed radix, and the strides of its digits say how to reshape
and transpose.

Invariant: element i of the result is element `wanted[i]` of the node.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from edgeml import limits
from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray
from edgeml.importers.affine.assembly import Assembly
from edgeml.importers.affine.exact import Exact, compressed
from edgeml.importers.affine.value import STATE_INPUT_TYPE, AffineValue, WeightedNode
from edgeml.ir.info import Shape
from edgeml.ir.ops.repeat import Repeat
from edgeml.ir.ops.reshape import Reshape
from edgeml.ir.ops.slice import Slice
from edgeml.ir.ops.transpose import Transpose


@dataclass(frozen=True)
class Digit:
    """One digit of positions that count up in a mixed radix.

    Args:
        size: how many values it takes.
        stride: what the position grows by from one to the next; 0 where an element is repeated.
    """

    size: int
    stride: int


def channels_last(assembly: Assembly, value: AffineValue) -> AffineValue:
    """A source tensor (1, channels, *space) as a node (*space, channels)."""
    index = np.moveaxis(value.index[0], 0, -1)
    fresh = np.arange(index.size, dtype=np.int64).reshape(index.shape)
    return arranged(assembly, value, index, np.moveaxis(fresh, -1, 0)[np.newaxis])


def as_source(assembly: Assembly, value: AffineValue) -> AffineValue:
    """A source tensor (1, *shape) as a node of exactly that shape."""
    index = value.index[0] if value.index.ndim and value.index.shape[0] == 1 else value.index
    fresh = np.arange(index.size, dtype=np.int64).reshape(value.index.shape)
    return arranged(assembly, value, index, fresh)


def apart(assembly: Assembly, value: AffineValue, shape: Shape) -> AffineValue:
    """The value for a constant of a shape: copies of one element that it tells apart become elements."""
    if len(shape) > len(value.source_shape) or not value.tells_copies_apart(shape):
        return value
    return (channels_last if len(value.source_shape) > 2 else as_source)(assembly, value)


def in_order(value: AffineValue) -> bool:
    """True if the node has every element of the source's tensor once, wherever it lies."""
    flat = value.index.reshape(-1)
    size = int(np.prod(value.shape, dtype=np.int64))
    return flat.size == size and np.array_equal(np.bincount(flat, minlength=size), np.ones(size, np.int64))


def in_one_order(
    assembly: Assembly, value: AffineValue, other: AffineValue
) -> tuple[AffineValue, AffineValue]:
    """Two values, broadcast to one source shape, on nodes that have their elements at the same places.

    Raises:
        EdgemlError: their shapes do not broadcast.
    """
    if value.source_shape != other.source_shape:
        value, other = _broadcast(assembly, value, other)
    if value.shape == other.shape and np.array_equal(value.index, other.index):
        return value, other
    value, other = packed(assembly, value), packed(assembly, other)
    if not in_order(value) and not in_order(other):
        value = (channels_last if len(value.source_shape) > 2 else as_source)(assembly, value)
    if in_order(value):
        return value, _placed_as(assembly, other, value)
    return _placed_as(assembly, value, other), other


def _broadcast(assembly: Assembly, value: AffineValue, other: AffineValue) -> tuple[AffineValue, AffineValue]:
    try:
        shape = np.broadcast_shapes(value.source_shape, other.source_shape)
    except ValueError:
        raise EdgemlError(
            f"values of shapes {value.source_shape} and {other.source_shape} do not broadcast", assembly.layer
        ) from None
    limits.VALUE.check(int(np.prod(shape, dtype=np.float64)), "the result has", assembly.layer)
    spread = [np.ascontiguousarray(np.broadcast_to(part.index, shape)) for part in (value, other)]
    return value.with_index(spread[0]), other.with_index(spread[1])


def packed(assembly: Assembly, value: AffineValue) -> AffineValue:
    """The value without elements of its node that no element of the source is; itself if they are no box."""
    if value.is_raw or value.whole:
        return value
    used = _used(value.index)
    part = _box(value.shape, used)
    if part is None:
        return value
    sizes = [len(range(*limits)) for limits in zip(part.starts, part.stops, part.steps, strict=True)]
    return arranged(assembly, value, used.reshape(sizes), np.searchsorted(used, value.index))


def _placed_as(assembly: Assembly, value: AffineValue, other: AffineValue) -> AffineValue:
    """The value with its elements where `other` has them, whose node has each of them once."""
    positions = np.empty(other.index.size, np.int64)
    positions[other.index.reshape(-1)] = value.index.reshape(-1)
    return arranged(assembly, value, positions.reshape(other.shape), other.index)


def arranged(assembly: Assembly, value: AffineValue, positions: IntArray, index: IntArray) -> AffineValue:
    """The value on a node whose element i is element `wanted[i]` of the present one.

    Args:
        assembly: where to add ops.
        value: any value that has nodes.
        positions: positions in the present node, of the new node's shape.
        index: of the result.

    Raises:
        EdgemlError: no reshapes, transpositions, slices and repetitions give that order.
    """
    shape = tuple(positions.shape)
    if shape == value.shape and np.array_equal(positions.reshape(-1), np.arange(positions.size)):
        return replace(value, index=index)
    if value.is_raw:
        raise EdgemlError(
            f"the input {value.raw_input!r} is rearranged before it is quantized",
            assembly.layer,
            STATE_INPUT_TYPE,
        )

    def moved(values: Exact | None) -> Exact | None:
        if values is None or values.size == 1:
            return values
        spread = np.broadcast_to(values, value.shape).reshape(-1)
        return compressed(spread[positions.reshape(-1)].reshape(shape))

    terms = []
    for term in value.terms:
        factor = moved(term.factor)
        assert factor is not None
        terms.append(WeightedNode(_moved(assembly, term.node, value.shape, positions), factor))
    offset = moved(value.offset)
    assert offset is not None
    return replace(
        value,
        terms=tuple(terms),
        shape=shape,
        index=index,
        offset=offset,
        low=moved(value.low),
        high=moved(value.high),
    )


def reachable(value: AffineValue) -> bool:
    """True if reshapes, transpositions, slices and repetitions give the source's order of elements."""
    return _way(value.shape, value.index) is not None


@dataclass(frozen=True)
class _Way:
    """The ops that bring elements to their positions: a slice, or none, and the digits of what is left."""

    part: Slice | None
    digits: tuple[Digit, ...]

    @property
    def present(self) -> tuple[Digit, ...]:
        """The digits that move the position, the slowest first."""
        return tuple(
            sorted((digit for digit in self.digits if digit.stride), key=lambda digit: -digit.stride)
        )


def _used(positions: IntArray) -> IntArray:
    """The positions that occur, ascending."""
    return np.flatnonzero(np.bincount(positions.reshape(-1)))


def _way(shape: Shape, positions: IntArray) -> _Way | None:
    """The ops that bring element `positions[i]` of a node to position i; None if there are none."""
    part = None
    used = _used(positions)
    if used.size < int(np.prod(shape, dtype=np.int64)):
        part = _box(shape, used)
        if part is None:
            return None
        positions = np.searchsorted(used, positions)
    flat = positions.reshape(-1)
    digits = count_digits(flat)
    if digits is None or int(flat[0]) != 0:
        return None
    way = _Way(part, digits)
    below = 1
    for digit in reversed(way.present):
        if digit.stride != below:
            return None
        below *= digit.size
    return way


def _moved(assembly: Assembly, node: str, shape: Shape, positions: IntArray) -> str:
    """The node that has element `positions[i]` of `node` at position i."""
    way = _way(shape, positions)
    if way is None:
        raise EdgemlError(
            "needs its elements in an order that no reshape, transposition, slice and repetition gives",
            assembly.layer,
            "export the model without gathering single elements",
        )
    if way.part is not None:
        node = assembly.add(way.part, node, part="part")
    if len(way.present) > 1:
        order = tuple(way.present.index(digit) for digit in way.digits if digit.stride)
        if order != tuple(range(len(order))):
            node = _reshaped(assembly, node, tuple(digit.size for digit in way.present))
            node = assembly.add(Transpose(order), node, part="transposed")
    if any(digit.stride == 0 for digit in way.digits):
        node = _repeated(assembly, node, way.digits)
    return _reshaped(assembly, node, tuple(positions.shape))


def count_digits(flat: IntArray) -> tuple[Digit, ...] | None:
    """The digits, the slowest first, by which positions count up; None if they do not.

    >>> count_digits(np.arange(6).reshape(2, 3).T.reshape(-1))
    (Digit(size=3, stride=1), Digit(size=2, stride=3))
    """
    digits: list[Digit] = []
    left = flat
    while left.size > 1:
        step = int(left[1] - left[0])
        breaks = np.flatnonzero(np.diff(left) != step)
        run = int(breaks[0]) + 1 if breaks.size else left.size
        for size in range(run, 1, -1):
            if left.size % size:
                continue
            blocks = left.reshape(-1, size)
            if np.array_equal(blocks, blocks[:, :1] + step * np.arange(size)):
                break
        else:
            return None
        digits.append(Digit(size, step))
        left = blocks[:, 0]
    return tuple(reversed(digits))


def _box(shape: Shape, used: IntArray) -> Slice | None:
    """The slice that has exactly these positions, if there is one."""
    axes = [np.unique(axis) for axis in np.unravel_index(used, shape)]
    steps = [int(axis[1] - axis[0]) if axis.size > 1 else 1 for axis in axes]
    regular = all(np.all(np.diff(axis) == step) for axis, step in zip(axes, steps, strict=True))
    if not regular or int(np.prod([axis.size for axis in axes])) != used.size:
        return None
    return Slice(tuple(int(a[0]) for a in axes), tuple(int(a[-1]) + 1 for a in axes), tuple(steps))


def _repeated(assembly: Assembly, node: str, digits: tuple[Digit, ...]) -> str:
    """Elements repeated where a digit does not move the position."""
    if digits[0].stride == 0:
        digits = (Digit(1, 1), *digits)
    sizes = [digit.size for digit in digits if digit.stride]
    node = _reshaped(assembly, node, tuple(sizes))
    axis = -1
    for digit in digits:
        if digit.stride:
            axis += 1
        else:
            node = assembly.add(Repeat(axis, digit.size), node, part="repeated")
    return node


def _reshaped(assembly: Assembly, node: str, shape: Shape) -> str:
    return node if assembly.info(node).shape == shape else assembly.add(Reshape(shape), node, part="reshaped")
