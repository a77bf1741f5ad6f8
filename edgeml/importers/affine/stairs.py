"""A staircase built of core ops: by comparisons, a table, or a multiplier.

- thresholds: one comparison per code, for few codes, counted in a tree;
- a table, where all channels have one staircase and the sum is so narrow that it is smaller;
- a multiplier: code = floor(m * sum + o), with the fewest bits of m that are proven equal (see `steps`).

Invariant: all three equal the staircase for every sum in its interval.
"""

from __future__ import annotations

import numpy as np

from edgeml.fixed import FixedType, IntArray, Overflow, Round, cover
from edgeml.importers.affine import exact as ex
from edgeml.importers.affine.assembly import Assembly
from edgeml.importers.affine.steps import Multiplier, Staircase
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.lookup import MAX_INDEX_BITS, Lookup
from edgeml.ir.ops.max import Max
from edgeml.ir.ops.min import Min
from edgeml.ir.ops.mul import Mul
from edgeml.ir.ops.scale import Scale

_BELOW = FixedType(True, 1, 0)

_TABLE_LUT = 32
"""Entries of a bit of a table per LUT; measured on 7 series: 16 tables of 256 x 3 bits in 365 LUTs."""


def with_steps(assembly: Assembly, node: str, stairs: Staircase) -> str:
    """The codes by a table or by comparisons, whichever takes fewer LUTs."""
    kind = assembly.info(node).type
    if stairs.lo.size > 1 or not isinstance(kind, FixedType) or kind.width > MAX_INDEX_BITS:
        return with_thresholds(assembly, node, stairs)
    bits = cover(min(stairs.first, 0), max(stairs.first + stairs.edges.shape[0], 0), 0).width
    compared = int(np.count_nonzero(stairs.active)) * kind.width  # a LUT per bit of the carry chain
    if (1 << kind.width) * bits / _TABLE_LUT > compared:
        return with_thresholds(assembly, node, stairs)
    return with_table(assembly, node, stairs)


def with_table(assembly: Assembly, node: str, stairs: Staircase) -> str:
    """The codes of a staircase that is the same for all elements, by a table of the node's codes."""
    kind = assembly.info(node).type
    assert isinstance(kind, FixedType) and stairs.lo.size == 1
    sums = np.arange(kind.lo, kind.hi + 1, dtype=np.int64) * (-1 if stairs.falls.flat[0] else 1)
    edges = np.sort(stairs.edges.reshape(-1))
    table = stairs.first + np.searchsorted(edges, sums, side="right")
    entries = assembly.const(table, cover(min(int(table.min()), 0), max(int(table.max()), 0), 0), "table")
    return assembly.add(Lookup(), node, entries, part="codes")


def with_thresholds(assembly: Assembly, node: str, stairs: Staircase) -> str:
    """The codes by one comparison per step; the result's least type holds them."""
    node = _turned(assembly, node, stairs)
    frac = assembly.info(node).frac
    below: list[str] = []
    for row, edges in enumerate(stairs.edges):
        if np.all(edges >= stairs.beyond) or np.all(edges <= stairs.lo):
            continue
        threshold = assembly.number(-_squeezed(edges), frac, f"threshold_{row}")
        distance = assembly.add(Add(), node, threshold, part=f"distance_{row}")
        below.append(assembly.cast(distance, _BELOW, Round.TRN, Overflow.SAT, f"below_{row}"))
    rows = range(stairs.edges.shape[0])
    passed = [row for row in rows if not np.all(stairs.edges[row] >= stairs.beyond)]
    top = stairs.first + len(passed)
    if not below:
        return _constant(assembly, node, top)
    while len(below) > 1:  # a tree: as many additions as a row of them, less time
        pairs = list(zip(below[::2], below[1::2], strict=False))
        odd = below[2 * len(pairs) :]
        below = [assembly.add(Add(), *pair, part="sum") for pair in pairs] + odd
    if top == 0:
        return below[0]
    return assembly.add(Add(), below[0], assembly.number(np.array(top), 0, "top"), part="codes")


def with_multiplier(assembly: Assembly, node: str, stairs: Staircase, by: Multiplier) -> str:
    """The codes by multiplication, addition, floor and saturation."""
    least, most = int(stairs.least.min()), int(stairs.most.max())
    product = multiplied_by(assembly, node, np.where(stairs.falls, -by.factor, by.factor), by.frac)
    if np.any(by.offset):
        shift = assembly.number(_squeezed(by.offset), by.frac, "shift")
        product = assembly.add(Add(), product, shift, part="shifted")
    kind = cover(min(least, 0), max(most, 0), 0)
    codes = assembly.cast(product, kind, Round.TRN, Overflow.SAT, "codes")
    return clipped_codes(assembly, codes, stairs.least, stairs.most)


def multiplied_by(assembly: Assembly, node: str, factor: IntArray, bits: int) -> str:
    """A node's integers times others, at so many fractional bits; a shift where that is enough."""
    frac = assembly.info(node).frac
    same = int(factor.flat[0]) if np.all(factor == factor.flat[0]) else 0
    if same > 0 and same & (same - 1) == 0:
        return assembly.add(Scale(frac - bits + same.bit_length() - 1), node, part="scaled")
    weights = assembly.number(_squeezed(factor), bits - frac, "multiplier")
    return assembly.add(Mul(), node, weights, part="product")


def clipped_codes(assembly: Assembly, codes: str, least: IntArray, most: IntArray) -> str:
    """Codes within per-channel limits, where their interval says that they can leave them."""
    info = assembly.info(codes)
    if np.any(info.lo < least):
        codes = assembly.add(Max(), codes, assembly.number(_squeezed(least), 0, "least"), part="clip.least")
    if np.any(assembly.info(codes).hi > most):
        codes = assembly.add(Min(), codes, assembly.number(_squeezed(most), 0, "most"), part="clip.most")
    return codes


def _constant(assembly: Assembly, node: str, code: int) -> str:
    """A value that is the same for every sum; it still has the node's shape."""
    zero = assembly.add(Mul(), node, assembly.number(np.array(0), 0, "zero"), part="zeroed")
    whole = assembly.cast(zero, FixedType(False, 1, 0), Round.TRN, Overflow.SAT, "zeroed.codes")
    return assembly.add(Add(), whole, assembly.number(np.array(code), 0, "only"), part="codes")


def _turned(assembly: Assembly, node: str, stairs: Staircase) -> str:
    """The node with its sign turned where codes fall as it grows."""
    if not np.any(stairs.falls):
        return node
    signs = np.where(stairs.falls, -1, 1).astype(np.int64)
    return assembly.add(Mul(), node, assembly.number(_squeezed(signs), 0, "sign"), part="turned")


def _squeezed(values: IntArray) -> IntArray:
    """Per channel, reduced where all are alike."""
    return ex.compressed(values)
