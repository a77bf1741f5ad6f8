"""Resources of the parts of any design: tables, carry chains, registers, blocks.

Invariant: counts add up; fractions of LUTs are kept until `calibration` makes figures of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Count:
    """The resources of a part of a design; LUTs may be fractions.

    Args:
        chain: bits of adders on carry chains, one table each.
        chains: how many carry chains those are; a chain may take cells at its ends.
        saved: bits of carry-save adders, two tables each.
        inverted: bits of subtrahends on carry chains.
        wide: bits of the third and every further register of a sum in one clock.
        logic: tables for everything else.
        ff: flip-flops.
        bare: those of them that have no table of their own in front: a register that follows a register or a
            port, or whose table also drives something else. Where a logic cell is a table with its flip-flop
            (iCE40), each takes a cell after packing.
        delay: bits of delays that may become shift registers instead of flip-flops.
        dsp: multiplier blocks.
        bram: block RAMs.
        soft: products in tables, of which a tool may put a few into blocks.
    """

    chain: float = 0.0
    chains: float = 0.0
    saved: float = 0.0
    inverted: float = 0.0
    wide: float = 0.0
    logic: float = 0.0
    ff: float = 0.0
    bare: float = 0.0
    delay: float = 0.0
    dsp: float = 0.0
    bram: float = 0.0
    soft: float = 0.0

    def __add__(self, other: Count) -> Count:
        mine, theirs = vars(self), vars(other)
        return Count(**{name: mine[name] + theirs[name] for name in mine})


def total(counts: Iterable[Count]) -> Count:
    """The sum."""
    result = Count()
    for count in counts:
        result = result + count
    return result


def tables(inputs: int, lut_inputs: int) -> int:
    """Tables for one output of `inputs` bits that a tree of tables can compute (an OR, an AND, a XOR).

    >>> tables(4, 4), tables(5, 4), tables(13, 4), tables(1, 6)
    (1, 2, 4, 0)
    """
    return 0 if inputs <= 1 else math.ceil((inputs - 1) / (lut_inputs - 1))


def tables_of_mux(ways: int, lut_inputs: int) -> int:
    """Tables for one bit chosen out of `ways`.

    >>> tables_of_mux(2, 4), tables_of_mux(16, 4), tables_of_mux(16, 6)
    (1, 15, 5)
    """
    per_table = 4 if lut_inputs >= 6 else 2
    return math.ceil((ways - 1) / (per_table - 1))
