"""Products with a constant matrix as adder graphs, found by da4ml's solver.

da4ml (Sun et al., "da4ml: Distributed Arithmetic for Real-time Neural Networks on FPGAs", 2025) shares
partial sums between outputs. What it returns is checked here: the weights that its additions amount to are
computed along and compared with the matrix, so a wrong graph cannot be emitted. They also give the exact
interval of every partial sum, and so its width.

Weights that da4ml's float32 matrix cannot hold are multiplied digit by digit instead.

The search takes time with the square of the matrix's signed digits. A matrix of many is halved until every
block has at most `BLOCK_DIGITS`, so time grows with the weights alone; a halving costs about 5 % more adders.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from edgeml import install
from edgeml.backends.verilog.cells import Circuit, Num
from edgeml.errors import EdgemlError, MissingToolError
from edgeml.fixed import IntArray

_FLOAT32_BITS = 24
_INT64_BITS = 60
_CACHED_PRODUCTS = 128
"""Adder graphs that are kept."""

BLOCK_DIGITS = 32_000
"""Nonzero signed digits of a matrix that is searched as one: about half a minute on one core."""


@lru_cache(maxsize=_CACHED_PRODUCTS)
def _solved(weights: bytes, shape: tuple[int, ...], lows: tuple[int, ...], highs: tuple[int, ...]) -> Any:
    """da4ml's adder graph; cached and not to be changed, as several layouts have the same layer.

    Raises:
        MissingToolError: da4ml is not installed; estimates come here without asking the back end first.
    """
    try:
        from da4ml.cmvm import solve
    except ModuleNotFoundError as error:
        raise MissingToolError("da4ml is not installed", "verilog", install.command("verilog")) from error

    matrix = np.frombuffer(weights, np.float32).reshape(shape)
    intervals = [(float(lo), float(hi), 1.0) for lo, hi in zip(lows, highs, strict=True)]
    return solve(matrix.copy(), qintervals=intervals, search_all_decompose_dc=False)


def digits_of(matrix: IntArray) -> int:
    """Nonzero digits of all codes, written with digits -1, 0 and 1 and as few of them as possible.

    >>> digits_of(np.asarray([[7, 0], [-5, 1]]))
    5
    """
    codes = np.abs(matrix.astype(np.int64))
    return int(np.bitwise_count(codes ^ (3 * codes)).sum())


def blocks(matrix: IntArray, most: int) -> list[list[tuple[slice, slice]]]:
    """The matrix as blocks of rows and columns that are searched one by one.

    Args:
        matrix: codes (n, m).
        most: nonzero digits of a block; one row of one column may have more.

    Returns:
        By group of columns, its blocks of rows, which add up.
    """
    rows, columns = matrix.shape
    row_parts = column_parts = 1
    while True:
        high, wide = -(-rows // row_parts), -(-columns // column_parts)
        groups = [
            [(slice(r, r + high), slice(c, c + wide)) for r in range(0, rows, high)]
            for c in range(0, columns, wide)
        ]
        if high * wide == 1 or all(digits_of(matrix[block]) <= most for group in groups for block in group):
            return groups
        if high > wide:
            row_parts *= 2
        else:
            column_parts *= 2


def beside(weights: IntArray, lows: IntArray, highs: IntArray) -> bool:
    """True if every sum only puts bits beside each other, which takes wires and no search.

    Args:
        weights: (n, m), for codes as whole numbers.
        lows: smallest codes.
        highs: largest codes.

    >>> beside(np.asarray([[1], [2]]), np.asarray([0, 0]), np.asarray([1, 3]))
    True
    >>> beside(np.asarray([[1], [2]]), np.asarray([0, 0]), np.asarray([2, 3]))
    False
    """
    if np.any(lows < 0) or np.any(weights < 0):
        return False
    widths = np.asarray([int(high).bit_length() for high in highs], np.int64)
    filled = np.bitwise_count(((1 << widths) - 1) @ weights)
    return np.array_equal(filled, widths @ np.bitwise_count(weights).astype(np.int64))


@dataclass(frozen=True)
class Product:
    """x (n,) times a matrix (n, m) of integer codes.

    Args:
        matrix: codes of the weights.
        frac: fractional bits of the weights.
        lows: smallest codes of x, all with the same LSB.
        highs: largest codes of x.
        fracs: fractional bits of each element of x.
    """

    matrix: IntArray
    frac: int
    lows: tuple[int, ...]
    highs: tuple[int, ...]
    fracs: tuple[int, ...]

    @cached_property
    def _weights(self) -> IntArray | None:
        """The matrix for codes of x, differences of LSB included; None if float32 or int64 cannot hold it.

        Elements of one code only have no weight here: da4ml leaves out what is always zero, sums included.
        """
        finest = max(self.fracs)
        shifts = [finest - frac for frac in self.fracs]
        varies = np.asarray([lo < hi for lo, hi in zip(self.lows, self.highs, strict=True)])
        matrix = self.matrix * varies[:, np.newaxis]
        used = [i for i, row in enumerate(matrix) if np.any(row)]
        peak = max((int(np.abs(matrix[i]).max()) << shifts[i] for i in used), default=0)
        most = max((max(abs(self.lows[i]), abs(self.highs[i])) for i in used), default=0)
        bits = peak.bit_length() + most.bit_length() + len(self.fracs).bit_length()
        if peak.bit_length() > _FLOAT32_BITS or bits > _INT64_BITS:
            return None
        return matrix << np.minimum(np.asarray(shifts, np.int64), _INT64_BITS)[:, np.newaxis]

    def _constants(self) -> list[int]:
        """The sums of the elements of one code only, by column, in the LSB of `_weights`."""
        finest = max(self.fracs)
        ends = zip(self.lows, self.highs, self.fracs, strict=True)
        fixed = [(i, lo, finest - frac) for i, (lo, hi, frac) in enumerate(ends) if lo == hi]
        return [sum(lo * int(column[i]) << shift for i, lo, shift in fixed) for column in self.matrix.T]

    def _solution(self, block: tuple[slice, slice]) -> Any:
        weights = self._weights
        assert weights is not None
        part, rows = weights[block], block[0]
        return _solved(part.astype(np.float32).tobytes(), part.shape, self.lows[rows], self.highs[rows])

    def apply(self, circuit: Circuit, x: Sequence[Num]) -> list[Num]:
        """The m products with these elements; each must have the LSB that `fracs` says, or be zero.

        Raises:
            EdgemlError: da4ml's adder graph is not the product.
        """
        weights = self._weights
        if weights is None or not np.any(weights):
            return self._digit_by_digit(circuit, x)
        lows, highs = (np.zeros(len(x), np.int64) for _ in range(2))
        terms: list[_Term] = []
        for position, (num, frac) in enumerate(zip(x, self.fracs, strict=True)):
            # The weights hold the differences of LSB, so every code counts as a whole number here.
            cell = circuit.shift(num, frac - num.frac).cell if num.cell.lo or num.cell.hi else num.cell
            lows[position], highs[position] = cell.lo, cell.hi
            terms.append(_Term(Num(cell, 0), np.eye(1, len(x), position, dtype=np.int64)[0], 0))
        scale = max(self.fracs) + self.frac
        if beside(weights, lows, highs):
            return [self._wired(circuit, terms, column, scale) for column in weights.T]
        circuit.offset += scale
        terms = [
            term
            for group in blocks(weights, BLOCK_DIGITS)
            for term in self._columns(circuit, group, terms, (lows, highs))
        ]
        circuit.offset -= scale
        for term, exact in zip(terms, weights.T, strict=True):
            needed = exact << term.frac if term.frac >= 0 else _halved(exact, -term.frac)
            if not np.array_equal(term.weights, needed):
                raise EdgemlError(
                    "da4ml's adder graph is not the product asked for", "da4ml", "please report it"
                )
        return [
            circuit.add(Num(term.num.cell, term.num.frac + scale), circuit.const(constant, scale))
            for term, constant in zip(terms, self._constants(), strict=True)
        ]

    def _columns(
        self,
        circuit: Circuit,
        group: Sequence[tuple[slice, slice]],
        terms: Sequence[_Term],
        bounds: tuple[IntArray, IntArray],
    ) -> list[_Term]:
        """The sums of some columns: those of each block of rows, added up in a tree."""
        parts: list[list[_Term]] = []
        for block in group:
            some = list(terms[block[0]])
            for stage in self._solution(block).solutions:
                some = _run(circuit, stage, some, *bounds)
            parts.append(some)
        return [_total(circuit, column, bounds) for column in zip(*parts, strict=True)]

    @staticmethod
    def _wired(circuit: Circuit, terms: Sequence[_Term], column: IntArray, scale: int) -> Num:
        """Bits beside each other, from the lowest place on, so that no addition has a carry."""
        places = sorted(
            (place, position)
            for position in np.nonzero(column)[0].tolist()
            for place in range(int(column[position]).bit_length())
            if column[position] >> place & 1
        )
        return circuit.sum([Num(terms[position].num.cell, scale - place) for place, position in places])

    def _digit_by_digit(self, circuit: Circuit, x: Sequence[Num]) -> list[Num]:
        return [
            circuit.sum(
                [circuit.times(num, int(w), self.frac) for num, w in zip(x, column, strict=True) if w]
            )
            for column in self.matrix.T
        ]


class _AdderOp(Protocol):
    """da4ml's `Op`: what one entry of its buffer is made of."""

    id0: int
    id1: int
    opcode: int
    data: int


class _CombLogic(Protocol):
    """da4ml's `CombLogic`, as far as it is read here."""

    inp_shifts: list[int]
    out_idxs: list[int]
    out_shifts: list[int]
    out_negs: list[bool]
    ops: list[_AdderOp]


@dataclass(frozen=True)
class _Term:
    """A partial sum and the weight of every input in it: weights * 2^-frac."""

    num: Num
    weights: NDArray[np.int64]
    frac: int


def _halved(weights: NDArray[np.int64], bits: int) -> NDArray[np.int64]:
    """weights * 2^-bits if all of these are whole numbers, else weights that no check accepts."""
    halved = weights >> bits
    return halved if np.array_equal(halved << bits, weights) else np.full_like(halved, np.iinfo(np.int64).min)


def _run(
    circuit: Circuit, logic: _CombLogic, terms: list[_Term], lows: IntArray, highs: IntArray
) -> list[_Term]:
    """One of da4ml's `CombLogic`: opcodes -1 (input), 0 (a + b * 2^s) and 1 (a - b * 2^s)."""
    inputs = [_scaled(term, shift) for term, shift in zip(terms, logic.inp_shifts, strict=True)]
    buffer: list[_Term] = []
    for op in logic.ops:
        match op.opcode:
            case -1:
                buffer.append(inputs[op.id0])
            case 0 | 1:
                buffer.append(
                    _sum(circuit, buffer[op.id0], _scaled(buffer[op.id1], op.data), op.opcode, lows, highs)
                )
            case code:
                raise EdgemlError(f"da4ml used operation {code} in a product", "da4ml", "please report it")
    outputs: list[_Term] = []
    nothing = _Term(circuit.const(0, 0), np.zeros(len(lows), np.int64), 0)
    for index, shift, negative in zip(logic.out_idxs, logic.out_shifts, logic.out_negs, strict=True):
        term = _scaled(buffer[index], int(shift)) if index >= 0 else nothing
        outputs.append(_Term(circuit.neg(term.num), -term.weights, term.frac) if negative else term)
    return outputs


def _scaled(term: _Term, shift: int) -> _Term:
    return _Term(Num(term.num.cell, term.num.frac - int(shift)), term.weights, term.frac - int(shift))


def _sum(circuit: Circuit, a: _Term, b: _Term, minus: int, lows: IntArray, highs: IntArray) -> _Term:
    frac = max(a.frac, b.frac)
    wa, wb = a.weights << (frac - a.frac), b.weights << (frac - b.frac)
    weights = wa - wb if minus else wa + wb
    plus, less = np.maximum(weights, 0), np.minimum(weights, 0)
    ends = int(lows @ plus + highs @ less), int(highs @ plus + lows @ less)
    finer = max(a.num.frac, b.num.frac) - frac
    bounds = (
        (ends[0] << finer, ends[1] << finer) if finer >= 0 else (-(-ends[0] >> -finer), ends[1] >> -finer)
    )
    return _Term((circuit.sub if minus else circuit.add)(a.num, b.num, bounds), weights, frac)


def _total(circuit: Circuit, terms: Sequence[_Term], bounds: tuple[IntArray, IntArray]) -> _Term:
    """The sum of partial sums of other inputs each; those that are always zero are left out."""
    level = [term for term in terms if term.num.cell.lo or term.num.cell.hi or np.any(term.weights)]
    if not level:
        return terms[0]
    while len(level) > 1:
        pairs = [_sum(circuit, level[i], level[i + 1], 0, *bounds) for i in range(0, len(level) - 1, 2)]
        level = pairs + level[len(level) & ~1 :]
    return level[0]


def over_rows(circuit: Circuit, rows: list[list[Num]], matrix: IntArray, frac: int) -> list[list[Num]]:
    """Every row (n,) times one matrix (n, m): one adder graph for all rows.

    Args:
        circuit: where the cells go.
        rows: the elements; columns may have LSBs of their own.
        matrix: codes of the weights.
        frac: fractional bits of the weights.
    """
    columns = list(zip(*rows, strict=True))
    fracs = [max((num.frac for num in column if num.cell.lo or num.cell.hi), default=0) for column in columns]
    even = [
        [
            circuit.shift(num, f - num.frac) if num.cell.lo or num.cell.hi else num
            for num, f in zip(row, fracs, strict=True)
        ]
        for row in rows
    ]
    product = Product(
        matrix,
        frac,
        tuple(min(num.cell.lo for num in column) for column in zip(*even, strict=True)),
        tuple(max(num.cell.hi for num in column) for column in zip(*even, strict=True)),
        tuple(fracs),
    )
    return [product.apply(circuit, row) for row in even]
