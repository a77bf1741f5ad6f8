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

from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray
from edgeml.importers.affine.assembly import Assembly
from edgeml.importers.affine.exact import Exact, compressed
from edgeml.importers.affine.value import AffineValue, WeightedNode
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


def in_order(value: AffineValue) -> bool:
    """True if the node has every element of the source's tensor once, wherever it lies."""
    flat = value.index.reshape(-1)
    size = int(np.prod(value.shape, dtype=np.int64))
    return flat.size == size and np.array_equal(np.bincount(flat, minlength=size), np.ones(size, np.int64))


def alike(assembly: Assembly, value: AffineValue, other: AffineValue) -> AffineValue:
    """The value with its elements where `other`, of the same source shape, has them."""
    if value.shape == other.shape and np.array_equal(value.index, other.index):
        return value
    size = int(np.prod(other.shape, dtype=np.int64))
    positions = np.empty(size, np.int64)
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
            "state its type: --input-type 'ufixed<8,0>'",
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


def _moved(assembly: Assembly, node: str, shape: Shape, positions: IntArray) -> str:
    """The node that has element `wanted[i]` of `node` at position i."""
    size = int(np.prod(shape, dtype=np.int64))
    used = np.unique(positions)
    if used.size < size:
        node, positions = _sliced(assembly, node, shape, positions, used)
    flat = positions.reshape(-1)
    digits = count_digits(flat)
    if digits is None or int(flat[0]) != 0:
        raise _no_order(assembly)
    present = sorted((digit for digit in digits if digit.stride), key=lambda digit: -digit.stride)
    below = 1
    for digit in reversed(present):
        if digit.stride != below:
            raise _no_order(assembly)
        below *= digit.size
    if len(present) > 1:
        order = tuple(present.index(digit) for digit in digits if digit.stride)
        if order != tuple(range(len(order))):
            node = _reshaped(assembly, node, tuple(digit.size for digit in present))
            node = assembly.add(Transpose(order), node, part="transposed")
    if any(digit.stride == 0 for digit in digits):
        node = _repeated(assembly, node, digits)
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


def _sliced(
    assembly: Assembly, node: str, shape: Shape, positions: IntArray, used: IntArray
) -> tuple[str, IntArray]:
    """The part of a node that is used at all, and the positions in that part."""
    axes = [np.unique(axis) for axis in np.unravel_index(used, shape)]
    steps = [int(axis[1] - axis[0]) if axis.size > 1 else 1 for axis in axes]
    regular = all(np.all(np.diff(axis) == step) for axis, step in zip(axes, steps, strict=True))
    if not regular or int(np.prod([axis.size for axis in axes])) != used.size:
        raise _no_order(assembly)
    part = Slice(tuple(int(a[0]) for a in axes), tuple(int(a[-1]) + 1 for a in axes), tuple(steps))
    node = assembly.add(part, node, part="part")
    return node, np.searchsorted(used, positions)


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


def _no_order(assembly: Assembly) -> EdgemlError:
    return EdgemlError(
        "needs its elements in an order that no reshape, transposition, slice and repetition gives",
        assembly.layer,
        "export the model without gathering single elements",
    )
