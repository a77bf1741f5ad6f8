"""The circuit between graph and text: integer cells with proven intervals, one line of Verilog each.

A `Cell` is an integer code that some logic computes; `Num` is a cell with its binary point. `Circuit` makes
cells, folds what is constant, shares equal ones within a layer, and never loses a bit: every interval is
exact or contains the exact one, and a cell is as wide as its interval needs.

To add a kind of cell, add a constructor here, its delay in `schedule.py` and its line in `text.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edgeml.backends.verilog.codes import rounded, signed_digits, width_of
from edgeml.errors import EdgemlError
from edgeml.fixed import Round


@dataclass(eq=False)
class Cell:
    """One integer of the circuit.

    Args:
        kind: "input", "const", "add", "sub", "mul", "neg", "max", "min", "greater", "mux", "floor", "round",
            "clip", "zero_outside", "wrap", "shift" or "rom".
        args: the cells it is computed from.
        data: what else determines it: shifts, bounds, a table.
        lo: the smallest code possible.
        hi: the largest code possible.
        layer: index of the layer that it belongs to.
        name: identifier in the layer's module.
        frac: fractional bits of the value it was made for; only comments show it.
        node: the graph node it belongs to, for comments.
    """

    kind: str
    args: tuple[Cell, ...]
    data: tuple[Any, ...]
    lo: int
    hi: int
    layer: int
    name: str = ""
    frac: int = 0
    node: str = ""
    is_result: bool = field(default=False)

    @property
    def signed(self) -> bool:
        """Two's complement if a negative code is possible."""
        return self.lo < 0

    @property
    def width(self) -> int:
        """The fewest bits that hold all codes from lo to hi."""
        return width_of(self.lo, self.hi)

    @property
    def is_const(self) -> bool:
        """True if it has one code only."""
        return self.kind == "const"

    @property
    def joins(self) -> bool:
        """True for an addition of values none of whose bits are in the same place: it is wires."""
        if self.kind != "add" or any(arg.lo < 0 for arg in self.args):
            return False
        (a, b), (sa, sb) = self.args, self.data
        low, high = ((a, sa), sb) if sa < sb else ((b, sb), sa)
        return low[0].hi << low[1] < 1 << high


class Num(NamedTuple):
    """The value cell * 2^-frac."""

    cell: Cell
    frac: int


Nums: TypeAlias = NDArray[Any]
"""An object array of Num: the elements of a graph value."""


def as_array(items: Sequence[Num], shape: tuple[int, ...]) -> Nums:
    """An object array of the given shape; NumPy would otherwise unpack the tuples."""
    flat = np.empty(len(items), dtype=object)
    for position, item in enumerate(items):
        flat[position] = item
    return flat.reshape(shape)


def elements(nums: Nums) -> list[Num]:
    """The elements in C order."""
    return list(nums.reshape(-1))


def each(function: Callable[..., Num], *arrays: Nums) -> Nums:
    """`function` on every element of arrays that broadcast."""
    views = np.broadcast_arrays(*arrays)
    return as_array([function(*items) for items in zip(*map(elements, views), strict=True)], views[0].shape)


class Circuit:
    """Makes cells. `enter` says for which layer and node the next ones are."""

    def __init__(self) -> None:
        self.cells: list[Cell] = []
        self._layer = -1
        self._node = ""
        self._stem = ""
        self._count = 0
        self._cells_by_key: dict[tuple[Any, ...], Cell] = {}
        self._constants: dict[int, Cell] = {}
        self.offset = 0
        """Added to the fractional bits that comments show, where cells are made at another scale."""

    def enter(self, layer: int, node: str, stem: str) -> None:
        """Cells made from now on belong to this layer and node and are named after `stem`."""
        if layer != self._layer:
            self._cells_by_key.clear()  # a cell belongs to one module; equal ones elsewhere are made again
        self._layer, self._node, self._stem, self._count = layer, node, stem, 0

    def _make(
        self, kind: str, args: tuple[Cell, ...], data: tuple[Any, ...], lo: int, hi: int, frac: int
    ) -> Num:
        if lo > hi:
            raise EdgemlError(
                f"the circuit of this node is inconsistent: a {kind} from {lo} to {hi}", self._node
            )
        if lo == hi:
            return self.const(lo, frac)
        key = (kind, *map(id, args), *data, lo, hi)
        cell = self._cells_by_key.get(key)
        if cell is None:
            self._count += 1
            cell = Cell(
                kind,
                args,
                data,
                lo,
                hi,
                self._layer,
                f"{self._stem}_t{self._count}",
                frac + self.offset,
                self._node,
            )
            self.cells.append(cell)
            self._cells_by_key[key] = cell
        return Num(cell, frac)

    # ------------------------------------------------------------ sources

    def input(self, lo: int, hi: int, frac: int, name: str, position: int) -> Num:
        """Element `position` of a value from outside."""
        if lo == hi:
            return self.const(lo, frac)
        cell = Cell("input", (), (position,), lo, hi, self._layer, name, frac, self._node, True)
        self.cells.append(cell)
        return Num(cell, frac)

    def const(self, code: int, frac: int) -> Num:
        """A constant, with as few bits as it needs: trailing zeros move into the binary point."""
        while code and code % 2 == 0:
            code, frac = code >> 1, frac - 1
        if code not in self._constants:
            self._constants[code] = Cell("const", (), (), code, code, -1, frac=frac)
        return Num(self._constants[code], frac if code else 0)

    # ------------------------------------------------------------ arithmetic

    def add(self, a: Num, b: Num, bounds: tuple[int, int] | None = None) -> Num:
        """a + b.

        Args:
            a: a value.
            b: a value.
            bounds: a proven interval of the sum at the finer LSB, if it is narrower than that of the sum.
        """
        if a.cell.is_const and not a.cell.lo:
            return b
        if b.cell.is_const and not b.cell.lo:
            return a
        if b.cell.kind == "neg":
            return self.sub(a, Num(b.cell.args[0], b.frac), bounds)
        if a.cell.kind == "neg":
            return self.sub(b, Num(a.cell.args[0], a.frac), bounds)
        if b.cell.is_const and b.cell.lo < 0:
            return self.sub(a, self.const(-b.cell.lo, b.frac), bounds)
        if a.cell.is_const and not b.cell.is_const:
            return self.add(b, a, bounds)
        frac = max(a.frac, b.frac)
        sa, sb = frac - a.frac, frac - b.frac
        lo, hi = (a.cell.lo << sa) + (b.cell.lo << sb), (a.cell.hi << sa) + (b.cell.hi << sb)
        return self._make("add", (a.cell, b.cell), (sa, sb), *_within(lo, hi, bounds), frac)

    def sub(self, a: Num, b: Num, bounds: tuple[int, int] | None = None) -> Num:
        """a - b; `bounds` as in `add`."""
        if b.cell.is_const and not b.cell.lo:
            return a
        if a.cell.is_const and not a.cell.lo:
            return self.neg(b)
        if b.cell.kind == "neg":
            return self.add(a, Num(b.cell.args[0], b.frac), bounds)
        if b.cell.is_const and b.cell.lo < 0:
            return self.add(a, self.const(-b.cell.lo, b.frac), bounds)
        frac = max(a.frac, b.frac)
        sa, sb = frac - a.frac, frac - b.frac
        lo, hi = (a.cell.lo << sa) - (b.cell.hi << sb), (a.cell.hi << sa) - (b.cell.lo << sb)
        if a.cell is b.cell and a.frac == b.frac:
            return self.const(0, 0)
        return self._make("sub", (a.cell, b.cell), (sa, sb), *_within(lo, hi, bounds), frac)

    def neg(self, x: Num) -> Num:
        """-x."""
        if x.cell.is_const:
            return self.const(-x.cell.lo, x.frac)
        if x.cell.kind == "neg":
            return Num(x.cell.args[0], x.frac)
        return self._make("neg", (x.cell,), (), -x.cell.hi, -x.cell.lo, x.frac)

    def mul(self, a: Num, b: Num) -> Num:
        """a * b; by a constant as shifts and additions."""
        if a.cell.is_const:
            a, b = b, a
        if b.cell.is_const:
            return self.times(a, b.cell.lo, b.frac)
        ends = [x * y for x in (a.cell.lo, a.cell.hi) for y in (b.cell.lo, b.cell.hi)]
        return self._make("mul", (a.cell, b.cell), (), min(ends), max(ends), a.frac + b.frac)

    def times(self, x: Num, code: int, frac: int) -> Num:
        """x * code * 2^-frac through the signed digits of the constant."""
        if x.cell.is_const:
            return self.const(x.cell.lo * code, x.frac + frac)
        digits = signed_digits(code)
        terms = [Num(x.cell, x.frac + frac - place) for place, _ in digits]
        parts = [
            term if digit > 0 else self.neg(term) for term, (_, digit) in zip(terms, digits, strict=True)
        ]
        ends = (x.cell.lo * code, x.cell.hi * code)
        total = self.sum(parts)
        return self._narrowed(total, min(ends), max(ends), x.frac + frac)

    def _narrowed(self, x: Num, lo: int, hi: int, frac: int) -> Num:
        """A sum whose true interval, from lo to hi with frac fractional bits, is narrower than it shows."""
        if x.cell.kind not in ("add", "sub") or x.frac > frac:
            return x
        drop = frac - x.frac
        bounds = (-((-lo) >> drop), hi >> drop)
        a, b = (Num(cell, x.frac - shift) for cell, shift in zip(x.cell.args, _shifts(x.cell), strict=True))
        return self.add(a, b, bounds) if x.cell.kind == "add" else self.sub(a, b, bounds)

    def sum(self, terms: Sequence[Num]) -> Num:
        """The sum of all terms as a balanced tree."""
        level = list(terms) or [self.const(0, 0)]
        while len(level) > 1:
            pairs = [self.add(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
            level = pairs + level[len(level) & ~1 :]
        return level[0]

    # ------------------------------------------------------------ choice

    def larger(self, a: Num, b: Num) -> Num:
        """max(a, b)."""
        return self._extreme("max", a, b)

    def smaller(self, a: Num, b: Num) -> Num:
        """min(a, b)."""
        return self._extreme("min", a, b)

    def _extreme(self, kind: str, a: Num, b: Num) -> Num:
        pick = max if kind == "max" else min
        frac = max(a.frac, b.frac)
        sa, sb = frac - a.frac, frac - b.frac
        (alo, ahi), (blo, bhi) = ((n.cell.lo << s, n.cell.hi << s) for n, s in ((a, sa), (b, sb)))
        above, below = (a, b) if kind == "max" else (b, a)
        if alo >= bhi:
            return above
        if blo >= ahi:
            return below
        if a.cell.is_const:
            a, b, sa, sb, alo, ahi, blo, bhi = b, a, sb, sa, blo, bhi, alo, ahi
        if b.cell.is_const:
            x = self.shift(a, sa)
            return self.clip(x, blo, ahi) if kind == "max" else self.clip(x, alo, blo)
        return self._make(kind, (a.cell, b.cell), (sa, sb), pick(alo, blo), pick(ahi, bhi), frac)

    def greater(self, a: Num, b: Num) -> Num:
        """One bit: a > b."""
        frac = max(a.frac, b.frac)
        sa, sb = frac - a.frac, frac - b.frac
        if a.cell.lo << sa > b.cell.hi << sb:
            return self.const(1, 0)
        if a.cell.hi << sa <= b.cell.lo << sb:
            return self.const(0, 0)
        return self._make("greater", (a.cell, b.cell), (sa, sb), 0, 1, 0)

    def mux(self, choose: Num, a: Num, b: Num) -> Num:
        """a if the bit `choose` is set, else b."""
        if choose.cell.is_const:
            return a if choose.cell.lo else b
        frac = max(a.frac, b.frac)
        sa, sb = frac - a.frac, frac - b.frac
        lo = min(a.cell.lo << sa, b.cell.lo << sb)
        hi = max(a.cell.hi << sa, b.cell.hi << sb)
        return self._make("mux", (choose.cell, a.cell, b.cell), (sa, sb), lo, hi, frac)

    # ------------------------------------------------------------ bits

    def shift(self, x: Num, bits: int) -> Num:
        """The same value with `bits` more fractional bits."""
        if not bits:
            return x
        if x.cell.is_const:
            return Num(self._raw(x.cell.lo << bits), x.frac + bits)
        return self._make("shift", (x.cell,), (bits,), x.cell.lo << bits, x.cell.hi << bits, x.frac + bits)

    def _raw(self, code: int) -> Cell:
        """A constant cell of exactly this code, trailing zeros included."""
        return self._constants.setdefault(code, Cell("const", (), (), code, code, -1))

    def round(self, x: Num, drop: int, mode: Round) -> Num:
        """x with `drop` fractional bits fewer."""
        lo, hi = (rounded(end, drop, mode) for end in (x.cell.lo, x.cell.hi))
        if lo == hi:
            return Num(self._raw(lo), x.frac - drop)
        if mode is Round.TRN:
            return self._make("floor", (x.cell,), (drop,), lo, hi, x.frac - drop)
        return self._make("round", (x.cell,), (drop, mode), lo, hi, x.frac - drop)

    def clip(self, x: Num, least: int, most: int) -> Num:
        """The code of x, brought between `least` and `most` (saturation, Relu, Max and Min by a constant)."""
        if least <= x.cell.lo and x.cell.hi <= most:
            return x
        lo, hi = (min(max(end, least), most) for end in (x.cell.lo, x.cell.hi))
        if lo == hi:
            return Num(self._raw(lo), x.frac)
        return self._make("clip", (x.cell,), (least, most), lo, hi, x.frac)

    def zero_outside(self, x: Num, least: int, most: int) -> Num:
        """The code of x, or zero if it is not between `least` and `most`."""
        if least <= x.cell.lo and x.cell.hi <= most:
            return x
        lo, hi = max(x.cell.lo, least), min(x.cell.hi, most)
        if lo > hi:
            return self.const(0, 0)
        return self._make("zero_outside", (x.cell,), (least, most), min(lo, 0), max(hi, 0), x.frac)

    def wrap(self, x: Num, width: int, signed: bool) -> Num:
        """The low `width` bits of the code of x."""
        least, most = (-(1 << (width - 1)), (1 << (width - 1)) - 1) if signed else (0, (1 << width) - 1)
        if least <= x.cell.lo and x.cell.hi <= most:
            return x
        if x.cell.is_const:
            return Num(self._raw((x.cell.lo - least) % (1 << width) + least), x.frac)
        return self._make("wrap", (x.cell,), (width,), least, most, x.frac)

    def rom(self, x: Num, width: int, least: int, table: tuple[int, ...], frac: int) -> Num:
        """table[code(x) - least] with `frac` fractional bits; an index has `width` bits.

        High bits of the index that are constant only choose a part of the table.
        """
        low = (x.cell.lo ^ x.cell.hi).bit_length()
        base = x.cell.lo >> low << low
        if base >= 0 and low < width and base >= least and base - least + (1 << low) <= len(table):
            part = table[base - least : base - least + (1 << low)]
            return self.rom(self.wrap(x, low, False), low, 0, part, frac)
        reached = table[x.cell.lo - least : x.cell.hi - least + 1]
        if x.cell.is_const:
            return self.const(reached[0], frac)
        if min(reached) == max(reached):
            return Num(self._raw(reached[0]), frac)
        return self._make("rom", (x.cell,), (width, least, table), min(reached), max(reached), frac)


def _shifts(cell: Cell) -> tuple[int, int]:
    return cell.data[0], cell.data[1]


def _within(lo: int, hi: int, bounds: tuple[int, int] | None) -> tuple[int, int]:
    return (lo, hi) if bounds is None else (max(lo, bounds[0]), min(hi, bounds[1]))
