"""Constant weights in memory, as plain numbers or packed, and the call that sums their products."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from edgeml.backends.c.helpers import GROUPS, grouped_type
from edgeml.backends.c.integers import CType, computing, storage
from edgeml.backends.c.place import Terms, added, flat
from edgeml.backends.c.scalar import literal
from edgeml.backends.c.site import Site
from edgeml.fixed import IntArray, align

_WIDEST_PACKED = 7
_MANY = 1 << 16
"""From so many products of an inference on, speed is worth 40 to 90 bytes of code."""


PACKED_CODE, GROUPED_CODE = 64, 32
"""About the bytes of code by which a layer grows if its weights are packed."""


class Coding(Enum):
    """The layout of weights in their array."""

    PLAIN = "plain"
    """Numbers of its type."""
    PACKED = "packed"
    """A few bits each, from any bit on."""
    GROUPED = "grouped"
    """A few bits each; what is read together fills whole bytes."""
    CENTRED = "centred"
    """The same, of signed multiples of the step."""


@dataclass(frozen=True)
class Weights:
    """Weights of one op.

    Args:
        table: the name of their array.
        kind: its type.
        coding: how they lie in it.
        bits: per weight, for packed ones.
        low: the smallest weight, for packed ones.
        step: the distance of weights, for packed ones.
        products: how many an inference takes.
        unit: what divides all starts and counts of sums.
    """

    table: str
    kind: CType
    coding: Coding
    bits: int = 0
    low: int = 0
    step: int = 1
    products: int = 0
    unit: int = 1

    def product_sum(self, site: Site, x: CType, acc: CType, source: str, start: Terms, count: str) -> str:
        """The sum of `count` products of codes from `source` on with weights from number `start` on."""
        helpers, by_four, first = site.helpers, self.products >= _MANY, flat(start)
        ends = f"{literal(self.low)}, {literal(self.step)}"
        match self.coding:
            case Coding.PLAIN:
                name = helpers.dot(x, self.kind, acc, by_four)
                return f"{name}({source}, {added(self.table, first)}, {count})"
            case Coding.PACKED:
                name = helpers.packed_dot(x, self.bits, acc, by_four)
                return f"{name}({source}, {self.table}, {first}, {count}, {ends})"
            case Coding.GROUPED | Coding.CENTRED:
                centred = self.coding is Coding.CENTRED
                codes, size = GROUPS[self.bits]
                name = helpers.grouped_dot(x, self.bits, acc, centred, whole=self.unit % codes == 0)
                each = -(-self.unit // codes) * size  # bytes of a unit
                place = added(self.table, flat([(one, by // self.unit * each) for one, by in start]))
                if not centred:
                    return f"{name}({source}, {place}, {count}, {ends})"
                factor = "" if self.step == 1 else f"{literal(self.step)} * "
                return f"{factor}{name}({source}, {place}, {count})"

    def one(self, acc: CType, start: Terms) -> str:
        """The weight of that number; only of plain numbers."""
        return f"({acc.name}){self.table}[{flat(start)}]"


def add_weights(
    site: Site, name: str, codes: IntArray, unit: int, single: bool, packable: bool = True
) -> Weights:
    """Put weights into a table.

    Args:
        site: the function.
        name: the constant.
        codes: at one LSB, in the order in which they are read.
        unit: what divides every factor of the terms and counts that `product_sum` gets.
        single: whether every count is `unit`.
        packable: whether they are read one after the other by `product_sum`.
    """
    lo, hi = int(codes.min()), int(codes.max())
    info = site.graph.info(name)
    step, bits = _grid(codes)
    products = _products(site, codes)
    coding = _coding(codes, step, bits, unit, single) if site.packed and packable else Coding.PLAIN
    if coding is Coding.PLAIN:
        kind = storage(lo, hi)
        table = site.tables.add(name, codes, f"{name}: {info}", kind)
        return Weights(table, kind, Coding.PLAIN, products=products)
    numbers = (codes - lo).reshape(-1) // step
    remark, kind = f"{lo} + {step} * code", CType(8, False)
    if coding is Coding.PACKED:
        data = packed(numbers, bits)
    elif coding is Coding.GROUPED:
        data = bytes_of(_padded(numbers, unit, bits), bits)
    else:
        kind = grouped_type(bits, centred=True)
        data = centred_bytes(_padded(codes.reshape(-1) // step, unit, bits), bits)
        remark = f"{step} * (code - {1 << (bits - 1)})"
    table = site.tables.add(name, data, f"{name}: {info}, {bits} bits each, {remark}", kind)
    return Weights(table, kind, coding, bits, lo, step, products, unit)


def _padded(numbers: IntArray, unit: int, bits: int) -> IntArray:
    """Numbers whose units begin at whole bytes."""
    rows = numbers.reshape(-1, unit)
    return np.hstack([rows, np.zeros((len(rows), -unit % GROUPS[bits][0]), np.int64)]).reshape(-1)


def _coding(codes: IntArray, step: int, bits: int, unit: int, single: bool) -> Coding:
    """The layout: packed only where the table becomes shorter by more than the code for it takes."""
    if not 0 < bits <= _WIDEST_PACKED:
        return Coding.PLAIN
    lo, hi, half = int(codes.min()), int(codes.max()), 1 << (bits - 1)
    plain = codes.size * storage(lo, hi).size
    if bits not in GROUPS or (unit % GROUPS[bits][0] and not single):
        return Coding.PACKED if plain - codes.size * bits // 8 > PACKED_CODE else Coding.PLAIN
    count, size = GROUPS[bits]
    if plain - codes.size // unit * -(-unit // count) * size <= GROUPED_CODE:
        return Coding.PLAIN
    centred = lo % step == 0 and -half <= lo // step and hi // step < half
    return Coding.CENTRED if centred else Coding.GROUPED


def _products(site: Site, codes: IntArray) -> int:
    """Products of an inference; the first axis of the weights is that of outputs or filters."""
    return site.graph.info(site.source.name).size // codes.shape[0] * codes.size


def dense_bytes(codes: IntArray, is_packed: bool) -> int:
    """Bytes of the table of these weights, packed if that is wanted and they have few bits."""
    _, bits = _grid(codes)
    if is_packed and 0 < bits <= _WIDEST_PACKED:
        return -(-codes.size * bits // 8) + (8 % bits != 0)
    return codes.size * storage(int(codes.min()), int(codes.max())).size


def _grid(codes: IntArray) -> tuple[int, int]:
    """The largest distance that divides all differences, and the bits that number the codes; 0 if equal."""
    above = (codes - codes.min()).reshape(-1)
    step = int(np.gcd.reduce(above)) or 1
    return step, (int(above.max()) // step).bit_length()


def bytes_of(codes: IntArray, bits: int) -> IntArray:
    """Bytes that hold codes of a few bits one after the other, the first in the lowest bits."""
    places = (codes[:, np.newaxis] >> np.arange(bits)) & 1
    return np.packbits(places.reshape(-1).astype(np.uint8), bitorder="little").astype(np.int64)


def centred_bytes(weights: IntArray, bits: int) -> IntArray:
    """The bytes of `Helpers.grouped_dot` for weights from -2^(bits - 1) to 2^(bits - 1) - 1.

    >>> centred_bytes(np.array([-8, -1, 7, 2]), 4).tolist()
    [-16, 47]
    """
    kind, half, codes = grouped_type(bits, centred=True), 1 << (bits - 1), GROUPS[bits][0]
    numbers = weights + half
    if not kind.signed:
        return bytes_of(numbers, bits)
    last = np.arange(weights.size) % codes == codes - 1  # the byte's sign is its own
    data = bytes_of(np.where(last, numbers ^ half, numbers), bits)
    return data.astype(np.uint8).view(np.int8).astype(np.int64)


def packed(codes: IntArray, bits: int) -> IntArray:
    """Bytes that hold codes of a few bits one after the other, the first in the lowest bits.

    Where a code can begin in one byte and end in the next, a byte of zeros follows, because two are read.

    >>> packed(np.array([1, 2, 3]), 4).tolist()
    [33, 3]
    """
    data = bytes_of(codes, bits)
    return data if 8 % bits == 0 else np.append(data, 0)


def weight_codes(site: Site, name: str) -> IntArray:
    """The codes of a constant at its finest LSB."""
    info = site.graph.info(name)
    return np.asarray(align(site.graph.constants[name], info.type.frac, info.frac))


def sum_kind(peaks: IntArray, codes: IntArray) -> tuple[int, CType]:
    """The largest sum of magnitudes of products in any order, and the type that holds it and its factors.

    Args:
        peaks: the largest magnitudes of the inputs, (groups, k).
        codes: weights (groups, k, columns).
    """
    # In Python's integers: a bound beyond int64 has to be a refusal.
    most = 0
    for row, matrix in zip(peaks, np.abs(codes), strict=True):
        bound = row.astype(np.float64) @ matrix.astype(np.float64)
        column = int(np.argmax(bound))
        most = max(most, sum(int(a) * int(b) for a, b in zip(row, matrix[:, column], strict=True)))
    return most, computing(most, -most, int(np.max(peaks)), int(np.max(np.abs(codes))))
