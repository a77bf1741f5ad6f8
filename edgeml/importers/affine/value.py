"""A value of a source model: an exact linear function of integer nodes, in the source's order of elements.

    value = clip(sum of factor * node + offset, low, high)

The node is a value of the exact graph; factor, offset, low and high are rational numbers per element. Scales,
biases, batch norm, means and clips of the source only change these numbers; they cost no op until a quantizer
or a sum of products needs integers.

The elements of the source's tensor may lie in another order than the node's (channels first and last,
flattened, transposed). `index` says, for every element of the source's tensor, at which position of the node
it lies; a transposition or reshape of the source is one of `index` and needs no op either.

Invariant: all terms have the node shape `shape`; factors, offsets and clips broadcast to it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray
from edgeml.importers.affine.exact import Exact, as_exact, compressed, exact
from edgeml.ir.info import Shape

RealFunction = Callable[[NDArray[np.float64]], NDArray[np.float64]]

ONE: Fraction = Fraction(1)
ZERO: Fraction = Fraction(0)


STATE_INPUT_TYPE = (
    "state the type of the data: --input-type 'ufixed<8,8>' for pixels from 0 to 255, "
    "'ufixed<8,0>' from 0 to 1, 'fixed<16,6>' for standardized features"
)
"""Remedy for a model input of which the model does not say how it becomes integers."""


@dataclass(frozen=True, eq=False)
class WeightedNode:
    """A node of the exact graph times a rational number per element."""

    node: str
    factor: Exact


@dataclass(frozen=True, eq=False)
class AffineValue:
    """A value of the source model, see the module.

    Args:
        terms: nodes and their factors; empty for an input that no quantizer has met.
        shape: of every node, without the batch axis, in the graph's order of axes.
        index: of the source tensor's shape, batch axis of one included; positions in the flattened node.
        offset: added to the terms.
        low: least value; None if there is none.
        high: largest value; None if there is none.
        raw_input: the name of the model input this is a linear function of, while its type is not known.
        raw_factor: of that input.
        function: applied after everything else, element by element; only a quantizer can follow.
        function_name: of it, for messages.
    """

    terms: tuple[WeightedNode, ...]
    shape: Shape
    index: IntArray
    offset: Exact
    low: Exact | None = None
    high: Exact | None = None
    raw_input: str = ""
    raw_factor: Exact | None = None
    function: RealFunction | None = None
    function_name: str = ""

    @property
    def source_shape(self) -> Shape:
        """Shape of the source's tensor, batch axis included."""
        return tuple(self.index.shape)

    @property
    def is_raw(self) -> bool:
        """True if the value is the model's input without any quantizer in between."""
        return bool(self.raw_input)

    @property
    def clips(self) -> bool:
        """True if the value is limited to a range."""
        return self.low is not None or self.high is not None

    @property
    def plain(self) -> bool:
        """True if it is one node times a factor plus an offset, without a clip or a function."""
        return len(self.terms) == 1 and not self.clips and self.function is None

    @property
    def whole(self) -> bool:
        """True if every element of the node is one of the source's tensor, perhaps several times."""
        size = int(np.prod(self.shape, dtype=np.int64))
        return bool(np.all(np.bincount(self.index.reshape(-1), minlength=size)))

    @property
    def only(self) -> WeightedNode:
        """The one term of a plain value."""
        (term,) = self.terms
        return term

    def with_index(self, index: IntArray) -> AffineValue:
        """The same elements in another order or shape of the source."""
        return replace(self, index=index)

    def spread(self, numbers: Exact) -> Exact:
        """A constant that broadcasts to the source's shape, in the node's order of elements.

        Raises:
            EdgemlError: it does not broadcast, or differs where elements of the source are one of the node.
        """
        if numbers.size == 1:
            return numbers.reshape(1)
        places = np.arange(numbers.size, dtype=np.int64).reshape(numbers.shape)
        return as_exact(numbers.reshape(-1)[self.spread_places(places)])

    def spread_places(self, places: IntArray) -> IntArray:
        """Integers in the source's order of axes in the node's order, reduced where they are alike.

        Raises:
            EdgemlError: they do not broadcast, or differ where elements of the source are one of the node.
        """
        result, alike = self._in_node_order(places)
        if not alike:
            raise EdgemlError(
                "numbers that differ between copies of one element",
                hint="quantize the value before this layer",
            )
        return compressed(result.reshape(self.shape))

    def tells_copies_apart(self, shape: Shape) -> bool:
        """True if a constant of a shape may differ where elements of the source are one of the node."""
        places = np.arange(int(np.prod(shape, dtype=np.int64)), dtype=np.int64).reshape(shape)
        return not self._in_node_order(places)[1]

    def _in_node_order(self, places: IntArray) -> tuple[IntArray, bool]:
        """Integers in the order of the flattened node, and whether copies of one element have the same."""
        try:
            spread = np.broadcast_to(places, self.source_shape)
        except ValueError:
            raise EdgemlError(
                f"a constant of shape {places.shape} for a value of shape {self.source_shape}"
            ) from None
        result = np.zeros(int(np.prod(self.shape, dtype=np.int64)), np.int64)
        result[self.index.reshape(-1)] = spread.reshape(-1)
        return result, np.array_equal(result[self.index], spread)

    def times(self, factor: Exact) -> AffineValue:
        """The value times a rational number per element of the node.

        Raises:
            EdgemlError: the value is clipped and the factors are of both signs.
        """
        if self.function is not None:
            number = self._number(factor, "is multiplied by numbers per element")
            return self.after(lambda x: x * number, "a multiple")
        negative = np.asarray(factor < 0, bool)
        low, high = (None if end is None else end * factor for end in (self.low, self.high))
        if np.all(negative):
            low, high = high, low
        elif np.any(negative) and self.clips:
            raise EdgemlError(
                "a clipped value is multiplied by factors of both signs",
                hint="quantize the value before the multiplication",
            )
        return replace(
            self,
            terms=tuple(WeightedNode(t.node, as_exact(t.factor * factor)) for t in self.terms),
            offset=as_exact(self.offset * factor),
            low=None if low is None else as_exact(low),
            high=None if high is None else as_exact(high),
            raw_factor=None if self.raw_factor is None else as_exact(self.raw_factor * factor),
        )

    def plus(self, offset: Exact) -> AffineValue:
        """The value plus a rational number per element of the node."""
        if self.function is not None:
            number = self._number(offset, "is added to numbers per element")
            return self.after(lambda x: x + number, "a shift")
        low, high = (None if end is None else as_exact(end + offset) for end in (self.low, self.high))
        return replace(self, offset=as_exact(self.offset + offset), low=low, high=high)

    def clipped(self, low: Fraction | Exact | None, high: Fraction | Exact | None) -> AffineValue:
        """The value limited to a range, whose ends may be numbers per element of the node."""
        if self.function is not None:
            least, most = (
                None if end is None else self._number(exact([0]) + end, "is clipped to numbers per element")
                for end in (low, high)
            )
            return self if least is most is None else self.after(lambda x: np.clip(x, least, most), "a clip")
        least, most = self.low, self.high
        if low is not None:
            least = exact([0]) + low if least is None else np.maximum(least, low)
            most = None if most is None else np.maximum(most, low)
        if high is not None:
            most = exact([0]) + high if most is None else np.minimum(most, high)
            least = None if least is None else np.minimum(least, high)
        return replace(
            self,
            low=None if least is None else as_exact(least),
            high=None if most is None else as_exact(most),
        )

    def after(self, function: RealFunction, name: str) -> AffineValue:
        """A real function of the value, which the quantizer behind it makes a table of."""
        if self.function is None:
            return replace(self, function=function, function_name=name)
        first = self.function
        return replace(
            self, function=lambda x: function(first(x)), function_name=f"{name} of {self.function_name}"
        )

    def _number(self, numbers: Exact, what: str) -> float:
        """The one number that a function's result is changed by.

        Raises:
            EdgemlError: there are several.
        """
        if numbers.size != 1:
            raise EdgemlError(
                f"the result of {self.function_name} {what} without a quantizer in between",
                hint=f"quantize the result of {self.function_name}",
            )
        return float(numbers.flat[0])


def of_node(node: str, shape: Shape, index: IntArray, factor: Exact | None = None) -> AffineValue:
    """The value of one node, times a factor if there is one."""
    term = WeightedNode(node, exact([1]) if factor is None else factor)
    return AffineValue((term,), shape, index, exact([0]))


def natural_index(shape: Shape) -> IntArray:
    """The index of a tensor whose node has the same order: (1, *shape) counted up."""
    return np.arange(int(np.prod(shape, dtype=np.int64)), dtype=np.int64).reshape(1, *shape)
