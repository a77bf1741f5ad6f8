"""Constant weights in memory, as plain numbers or packed, and the call that sums their products."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeml.backends.c.integers import CType, computing, storage
from edgeml.backends.c.scalar import literal
from edgeml.backends.c.site import Site
from edgeml.fixed import IntArray, align

_WIDEST_PACKED = 7
_MANY = 1 << 16
"""From so many products of an inference on, speed is worth 40 to 90 bytes of code."""


@dataclass(frozen=True)
class Weights:
    """Weights of one op.

    Args:
        table: the name of their array.
        kind: its type, for plain numbers.
        bits: per weight; 0 for plain numbers.
        low: the smallest weight, for packed ones.
        step: the distance of weights, for packed ones.
        products: how many an inference takes.
    """

    table: str
    kind: CType
    bits: int = 0
    low: int = 0
    step: int = 1
    products: int = 0

    def product_sum(self, site: Site, x: CType, acc: CType, source: str, start: str, count: str) -> str:
        """The sum of `count` products of codes from `source` on with weights from number `start` on."""
        by_four = self.products >= _MANY
        if not self.bits:
            name = site.helpers.dot(x, self.kind, acc, by_four)
            return f"{name}({source}, {self.table} + {start}, {count})"
        name = site.helpers.packed_dot(x, self.bits, acc, by_four)
        return f"{name}({source}, {self.table}, {start}, {count}, {literal(self.low)}, {literal(self.step)})"

    def one(self, acc: CType, index: str) -> str:
        """The weight of that number; only of plain numbers."""
        return f"({acc.name}){self.table}[{index}]"


def add_weights(site: Site, name: str, codes: IntArray, packable: bool = True) -> Weights:
    """Put weights into a table.

    Args:
        site: the function.
        name: the constant.
        codes: at one LSB, in the order in which they are read.
        packable: whether they are read one after the other by `product_sum`.
    """
    lo, hi = int(codes.min()), int(codes.max())
    info = site.graph.info(name)
    step, bits = _grid(codes)
    if site.packed and packable and 0 < bits <= _WIDEST_PACKED:
        data = packed((codes - lo).reshape(-1) // step, bits)
        remark = f"{name}: {info}, {bits} bits each, {lo} + {step} * code"
        table = site.tables.add(name, data, remark, CType(8, False))
        return Weights(table, CType(8, False), bits, lo, step, _products(site, codes))
    kind = storage(lo, hi)
    table = site.tables.add(name, codes, f"{name}: {info}", kind)
    return Weights(table, kind, products=_products(site, codes))


def _products(site: Site, codes: IntArray) -> int:
    """Products of an inference; the first axis of the weights is that of outputs or filters."""
    return site.graph.info(site.source.name).size // codes.shape[0] * codes.size


def dense_bytes(codes: IntArray, is_packed: bool) -> int:
    """Bytes of the table that `add_weights` makes of these weights."""
    _, bits = _grid(codes)
    if is_packed and 0 < bits <= _WIDEST_PACKED:
        return -(-codes.size * bits // 8) + (8 % bits != 0)
    return codes.size * storage(int(codes.min()), int(codes.max())).size


def _grid(codes: IntArray) -> tuple[int, int]:
    """The largest distance that divides all differences, and the bits that number the codes; 0 if equal."""
    above = (codes - codes.min()).reshape(-1)
    step = int(np.gcd.reduce(above)) or 1
    return step, (int(above.max()) // step).bit_length()


def packed(codes: IntArray, bits: int) -> IntArray:
    """Bytes that hold codes of a few bits one after the other, the first in the lowest bits.

    Where a code can begin in one byte and end in the next, a byte of zeros follows, because two are read.

    >>> packed(np.array([1, 2, 3]), 4).tolist()
    [33, 3]
    """
    places = (codes[:, np.newaxis] >> np.arange(bits)) & 1
    data = np.packbits(places.reshape(-1).astype(np.uint8), bitorder="little").astype(np.int64)
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
