"""Rising staircases of a wide value: narrow tables and a comparison in place of one wide table.

A value's upper bits are the index. They are so many that every cell of values with one index has at most one
step of the staircase:

    index = floor(x * 2^-shift), saturated          narrow
    level = levels[index]                           behind the step of the cell
    edge  = edges[index]                            the negative of the value at the step
    y     = level - (x + edge < 0) LSB

Beyond the index's range the staircase is level. A quantized sigmoid or tanh of 8 bits needs 10 to 12 index
bits, however wide its argument is.

float32's tanh is not monotone where neighbouring arguments differ by less than its precision, so that a step
may go up, down and up again within some codes. Then a table of one bit, by the step's pattern and by the
distance from its first code, takes the comparison's place.

Invariant: the steps were found by calling the function for every code within the value's bounds, and the
tables were compared on both sides of every step.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from edgeml.fixed import FixedType, IntArray, Overflow, Round, cover
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.lookup import MAX_INDEX_BITS, Lookup
from edgeml.keras.quantizers._common import grid_of

if TYPE_CHECKING:
    from edgeml.keras.builder import LayerBuilder

_CHUNK = 1 << 18
"""Codes that are tried at a time."""

_LONGEST = 256
"""Codes within which a step may waver."""


@dataclass(frozen=True, eq=False)
class CellStairs:
    """A staircase whose cells of values have at most one step each.

    Args:
        index: type of the cells' numbers.
        levels: (cells,), the result's code behind the step.
        edges: (cells,), the argument's code at the step's beginning; the lowest of the cell's codes where it
            has none.
        kinds: (cells,), the pattern of the step.
        patterns: (patterns, 2^n), -1 where the step is not yet up and 0 where it is: before its beginning,
            then for each code from there on. The last entry holds for all codes beyond.
        argument: type of the argument.
        result: type of the result, the narrowest.
    """

    index: FixedType
    levels: IntArray
    edges: IntArray
    kinds: IntArray
    patterns: IntArray
    argument: FixedType
    result: FixedType

    def add(self, builder: LayerBuilder, value: str, name: str) -> str:
        """The ops behind `value`, of type `argument`; named "layer.name" and so on."""
        index = builder.cast(value, self.index, Round.TRN, Overflow.SAT, part=f"{name}.index")
        level = _looked_up(builder, index, self.levels, self.result.frac, f"{name}.level")
        frac = self.argument.frac
        first = self.edges if len(self.patterns) == 1 else self.edges - 1
        edge = _looked_up(builder, index, -first, frac, f"{name}.edge")
        below = builder.add(Add(), value, edge, part=f"{name}.distance")
        if len(self.patterns) == 1:
            lsb = FixedType(True, 1, self.result.frac)
            below = builder.cast(below, lsb, Round.TRN, Overflow.SAT, part=f"{name}.below")
        else:
            length = self.patterns.shape[1]
            place = FixedType(False, length.bit_length() - 1, frac)
            below = builder.cast(below, place, Round.TRN, Overflow.SAT, part=f"{name}.place")
            kind = _looked_up(builder, index, self.kinds * length, frac, f"{name}.kind")
            below = builder.add(Add(), kind, below, part=f"{name}.pattern")
            below = _looked_up(builder, below, self.patterns.reshape(-1), self.result.frac, f"{name}.below")
        total = builder.add(Add(), level, below, part=f"{name}.sum")
        return builder.cast(total, self.result, Round.TRN, Overflow.SAT, part=name)

    def at(self, codes: IntArray) -> IntArray:
        """The result's codes, computed as the ops do."""
        shift = self.argument.frac - self.index.frac
        cell = np.clip(codes >> shift, self.index.lo, self.index.hi) - self.index.lo
        place = np.clip(codes - self.edges[cell] + 1, 0, self.patterns.shape[1] - 1)
        return self.levels[cell] + self.patterns[self.kinds[cell], place]


def find_stairs(
    results: Callable[[IntArray], NDArray[np.float32]], kind: FixedType, bounds: tuple[int, int]
) -> CellStairs | None:
    """The staircase of a function, or None if it is none of this kind or needs as many index bits as it has.

    Args:
        results: of codes of `kind`, as Keras computes them.
        kind: type of the argument.
        bounds: its smallest and its largest code.
    """
    changes, out = _changes(results, bounds)
    if not len(changes) or not np.all(np.isfinite(out)):
        return None
    frac = grid_of(out)
    heights = np.ldexp(out.astype(np.float64), frac)
    if np.abs(heights).max() >= 2.0**31:
        return None
    levels = heights.astype(np.int64)
    begins = _begins(levels)
    if begins is None:
        return None
    steps = np.split(changes, begins[1:])
    if max(int(step[-1] - step[0]) for step in steps) > _LONGEST - 2:
        return None
    for shift in reversed(range(2, kind.width)):
        stairs = _cells(steps, int(levels[0]), shift, kind, frac, bounds)
        if stairs is None:
            continue
        if stairs.index.width > MAX_INDEX_BITS:
            return None
        edges = np.arange(stairs.index.lo, stairs.index.hi + 2, dtype=np.int64) << shift
        tried = np.concatenate([changes, edges, np.array(bounds)])
        tried = np.clip(np.concatenate([tried - 1, tried]), *bounds)
        assert np.array_equal(stairs.at(tried), levels[np.searchsorted(changes, tried, side="right")])
        return stairs
    return None


def _changes(
    results: Callable[[IntArray], NDArray[np.float32]], bounds: tuple[int, int]
) -> tuple[IntArray, NDArray[np.float32]]:
    """Codes whose result is another than that of the code before; all results, one more than codes."""
    low, high = bounds
    changes: list[IntArray] = []
    out: list[NDArray[np.float32]] = []
    last = np.zeros(0, np.float32)
    for start in range(low, high + 1, _CHUNK):
        codes = np.arange(start, min(start + _CHUNK, high + 1), dtype=np.int64)
        part = results(codes)
        out = out or [part[:1]]
        places = np.flatnonzero(part != np.concatenate([last if changes else part[:1], part[:-1]]))
        changes.append(codes[places])
        out.append(part[places])
        last = part[-1:]
    return np.concatenate(changes), np.concatenate(out)


def _begins(levels: IntArray) -> IntArray | None:
    """Positions of the changes that begin a step up by one; None if the levels are no such staircase."""
    highest = np.maximum.accumulate(levels)
    begins = np.flatnonzero(np.diff(highest))
    once = np.all(np.abs(np.diff(levels)) == 1) and np.all(levels >= highest - 1)
    settled = np.all(levels[begins] == highest[begins]) and levels[-1] == highest[-1]
    return begins if once and settled and len(begins) and begins[0] == 0 else None


def _cells(
    steps: list[IntArray], lowest: int, shift: int, kind: FixedType, frac: int, bounds: tuple[int, int]
) -> CellStairs | None:
    """The tables for one shift; None if two steps meet in a cell."""
    firsts, lasts = (np.array([step[end] for step in steps]) for end in (0, -1))
    index = cover(int(firsts[0]) >> shift, int(lasts[-1]) >> shift, kind.frac - shift)
    if np.any(firsts[1:] >> shift <= lasts[:-1] >> shift):
        return None
    starts = np.arange(index.lo, index.hi + 1, dtype=np.int64) << shift
    ends = starts + (1 << shift) - 1
    starts[0] = min(bounds[0], starts[0])
    levels = lowest + np.searchsorted(firsts, ends, side="right")
    length = 1 << max(1, int((lasts - firsts).max()) + 1).bit_length()
    plain = _pattern(np.zeros(1, np.int64), length)
    every = [plain, *(_pattern(step, length) for step in steps)]
    patterns, kinds = np.unique(every, axis=0, return_inverse=True)
    kinds = kinds.reshape(-1)
    edges, chosen = starts, np.full(len(starts), kinds[0])
    for step, pattern in zip(steps, kinds[1:], strict=True):
        cells = slice((int(step[0]) >> shift) - index.lo, (int(step[-1]) >> shift) - index.lo + 1)
        edges[cells], chosen[cells] = step[0], pattern
    return CellStairs(index, levels, edges, chosen, patterns, kind, cover(lowest, lowest + len(steps), frac))


def _pattern(step: IntArray, length: int) -> IntArray:
    """-1 and 0 for the code before the step and each one from its beginning on."""
    codes = int(step[0]) - 1 + np.arange(length)
    return np.searchsorted(step, codes, side="right") % 2 - 1


def _looked_up(builder: LayerBuilder, index: str, codes: IntArray, frac: int, part: str) -> str:
    """A table of as many entries as its index has codes; what is missing repeats the last."""
    entries = np.pad(codes, (0, (1 << builder.info(index).scalar.width) - len(codes)), mode="edge")
    kind = cover(int(codes.min()), int(codes.max()), frac)
    return builder.add(Lookup(), index, builder.const(entries, kind, f"{part}.table"), part=part)
