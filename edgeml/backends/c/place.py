"""The loops over a result, and the index of an operand inside of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from edgeml.fixed import IntArray
from edgeml.ir import Shape


@dataclass(frozen=True)
class Axes:
    """Neighbouring axes that one loop runs over.

    Args:
        variable: of the loop.
        extent: turns of the loop.
        first: the first of the axes.
        last: the last of them.
    """

    variable: str
    extent: int
    first: int
    last: int


@dataclass(frozen=True)
class Place:
    """One element of a result inside of the loops over it.

    Args:
        shape: of the result.
        loops: from the outermost; axes of one element have none.
    """

    shape: Shape
    loops: tuple[Axes, ...]

    def offset(self, strides: Sequence[int], start: int = 0) -> str:
        """The index into memory with these strides per axis of the result."""
        terms = [_times(axes.variable, strides[axes.last]) for axes in self.loops if strides[axes.last]]
        return " + ".join([*terms, *([str(start)] if start or not terms else [])])

    def index(self, shape: Shape) -> str:
        """The index of the element of an operand in C order that broadcasts to the result."""
        return self.offset(broadcast_strides(shape, self.shape))

    def room(self, shape: Shape) -> Shape:
        """The shape that an operand has to take so that every loop runs over all or none of its axes."""
        full = [*(1,) * (len(self.shape) - len(shape)), *shape]
        for axes in self.loops:
            inside = slice(axes.first, axes.last + 1)
            if any(size > 1 for size in full[inside]):
                full[inside] = self.shape[inside]
        return tuple(full)

    def variable(self, axis: int) -> str:
        """The variable of an axis that has a loop of its own; "0" for an axis of one element."""
        return next((axes.variable for axes in self.loops if axes.last == axis), "0")


Terms: TypeAlias = Sequence[tuple[str, int]]
"""A sum of products of variables and numbers; the variable "0" stands for nothing."""


def flat(terms: Terms) -> str:
    """The sum in C.

    >>> flat([("o", 288), ("p", 1), ("0", 3)]), flat([])
    ('o * 288 + p', '0')
    """
    there = [_times(variable, by) for variable, by in terms if variable != "0" and by]
    return " + ".join(there) or "0"


def added(a: str, b: str) -> str:
    """a + b in C, without zeros.

    >>> added("row", "0"), added("row", "i * 2")
    ('row', 'row + i * 2')
    """
    return b if a == "0" else a if b == "0" else f"{a} + {b}"


def _times(variable: str, stride: int) -> str:
    return variable if stride == 1 else f"{variable} * {stride}"


def strides_of(shape: Shape) -> tuple[int, ...]:
    """Elements from one index to the next, per axis, in C order.

    >>> strides_of((2, 3, 4))
    (12, 4, 1)
    """
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


def broadcast_strides(shape: Shape, result: Shape) -> tuple[int, ...]:
    """The strides of an operand per axis of the result that it broadcasts to; 0 where it is repeated.

    >>> broadcast_strides((3, 1), (2, 3, 4))
    (0, 1, 0)
    """
    own = [0 if size == 1 else stride for size, stride in zip(shape, strides_of(shape), strict=True)]
    return (0,) * (len(result) - len(shape)) + tuple(own)


def merged(shape: Shape, operands: Sequence[Sequence[int]], apart: int = 0) -> tuple[Axes, ...]:
    """The fewest loops over a shape in which every operand's index is a sum of multiples of the variables.

    Args:
        shape: of the result.
        operands: strides per axis of the result and of all operands.
        apart: how many of the last axes each keep a loop of their own.
    """
    groups: list[tuple[int, int, int]] = []  # extent, first and last axis
    for axis, size in enumerate(shape):
        if size == 1:
            continue
        joins = groups and axis < len(shape) - apart
        if joins and all(own[groups[-1][2]] == own[axis] * size for own in operands):
            groups[-1] = (groups[-1][0] * size, groups[-1][1], axis)
        else:
            groups.append((size, axis, axis))
    return tuple(Axes("ijklm"[at % 5] + "_" * (at // 5), *group) for at, group in enumerate(groups))


def smallest(values: IntArray, shape: Shape) -> IntArray:
    """The smallest array that broadcasts to the same values of that shape: axes without change become one."""
    full = np.broadcast_to(values, shape)
    for axis in range(full.ndim):
        first = full.take([0], axis)
        if np.array_equal(np.broadcast_to(first, full.shape), full):
            full = first
    while full.ndim and full.shape[0] == 1:
        full = full[0]
    return np.array(full)
