"""Sums and products of real functions of one node, such as x * sigmoid(x), which are one function of it.

Invariant: the function is taken of the node's value itself, in float64, so that a quantizer behind it makes a
table of it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from edgeml.fixed import FixedType
from edgeml.importers.affine import exact as ex
from edgeml.importers.affine import settle
from edgeml.importers.affine.assembly import Assembly
from edgeml.importers.affine.value import AffineValue, RealFunction, WeightedNode
from edgeml.ir.ops.lookup import MAX_INDEX_BITS


def of_one_node(
    assembly: Assembly, a: AffineValue, b: AffineValue, combine: np.ufunc, name: str
) -> AffineValue | None:
    """Two values combined as a function of the node that both are functions of.

    Args:
        assembly: where the node is.
        a: a value.
        b: another.
        combine: of both.
        name: of that, for messages.

    Returns:
        None where integers do it (neither is a function, nor clipped between two steps), or where the values
        are not functions of one narrow node, alike for all of its elements.
    """
    values = (a, b)
    if not any(v.function is not None or _clipped_between(assembly, v) for v in values):
        return None
    if any(v.is_raw or len(v.terms) != 1 or not _alike(v) for v in values):
        return None
    node = a.only.node
    kind = assembly.info(node).type
    if b.only.node != node or a.shape != b.shape or not np.array_equal(a.index, b.index):
        return None
    if not isinstance(kind, FixedType) or kind.width > MAX_INDEX_BITS:
        return None
    first, second = _function(a), _function(b)
    names = [v.function_name or "a value" for v in values]
    return replace(
        a,
        terms=(WeightedNode(node, ex.exact([1])),),
        offset=ex.exact([0]),
        low=None,
        high=None,
        function=lambda x: combine(first(x), second(x)),
        function_name=f"the {name} of {names[0]} and {names[1]}",
    )


def _clipped_between(assembly: Assembly, value: AffineValue) -> bool:
    """True for a clip at a number that is no code of the value's node."""
    return len(value.terms) == 1 and not value.is_raw and not settle.clips_at_steps(assembly, value)


def _alike(value: AffineValue) -> bool:
    numbers = (value.only.factor, value.offset, value.low, value.high)
    return all(number is None or ex.is_scalar(number) for number in numbers)


def _function(value: AffineValue) -> RealFunction:
    """A value as a function of its node's."""
    factor, offset = float(ex.scalar(value.only.factor)), float(ex.scalar(value.offset))
    low, high = (None if end is None else float(ex.scalar(end)) for end in (value.low, value.high))
    inner = value.function

    def function(x: NDArray[np.float64]) -> NDArray[np.float64]:
        y = np.asarray(factor * x + offset)
        y = y if low is None else np.maximum(y, low)
        y = y if high is None else np.minimum(y, high)
        return y if inner is None else inner(y)

    return function
