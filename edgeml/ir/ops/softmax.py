"""Softmax: probabilities along the last axis, from two tables.

exp(x - max) / sum, with every table over a narrow unsigned index:

    index = max(x) - x        rounded and clipped to `index_bits`; beyond the clip exp is below half an LSB
    power = 2^-frac steps of exp(-index)                           a Lookup; 1 where x is the maximum
    total = sum of powers     exact, between 1 and n
    share = 1 / total         a Lookup over total rounded to `index_bits`
    power * share             rounded to `frac` fractional bits

Every step is monotone, so a larger x never gets a smaller probability; equal probabilities of different x are
possible, and `keeps_argmax` tells where they are not. Nothing can wrap: casts other than the clip of the
index are checked against the interval of what they cast, and the expansion is refused if one did not fit.

Invariant: |probability - softmax(x)| <= `error_bound`, for every x.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Context, Decimal
from functools import cache

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType, IntArray, Overflow, Round, cover, outside
from edgeml.ir.builder import Builder
from edgeml.ir.composite import Composite
from edgeml.ir.info import ValueInfo
from edgeml.ir.op import need
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.lookup import MAX_INDEX_BITS, Lookup
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.mul import Mul
from edgeml.ir.ops.reshape import Reshape

_DIGITS = Context(prec=30)
"""Decimal's exp is correctly rounded, so that the tables are the same on every machine."""


@dataclass(frozen=True)
class Steps:
    """The types of the steps for one input.

    Args:
        index: of max(x) - x.
        power: of its exponential.
        total: of the sum of powers as the index of the second table.
        share: of 1 / total.
        result: of the probabilities.
    """

    index: FixedType
    power: FixedType
    total: FixedType
    share: FixedType
    result: FixedType


@dataclass(frozen=True, eq=False)
class Softmax(Composite):
    """softmax(x) along the last axis in ufixed<frac + 1, 1>; 1.0 is a value of that type.

    Args:
        frac: fractional bits of the probabilities, at least 1.
        index_bits: most index bits of both tables, 4 to 16.
    """

    frac: int
    index_bits: int

    def steps(self, x: ValueInfo) -> Steps:
        """The types for an input of shape (..., n), from its interval.

        Raises:
            EdgemlError: an attribute is out of range, or there are too many classes for the second table.
        """
        need(1 <= self.frac <= 24, f"probabilities of {self.frac} fractional bits", "use 1 to 24")
        need(
            4 <= self.index_bits <= MAX_INDEX_BITS,
            f"tables of {self.index_bits} index bits",
            f"use 4 to {MAX_INDEX_BITS}",
        )
        need(len(x.shape) >= 1, "a scalar has no axis")
        n = x.shape[-1]
        need(
            n.bit_length() <= self.index_bits,
            f"a sum over {n} classes does not fit a table of {self.index_bits} index bits",
            "use more index_bits",
        )
        guard_bits = 1 + (n - 1).bit_length()
        low, high = x.aligned(x.frac)
        power = FixedType(False, self.frac + guard_bits + 1, self.frac + guard_bits)
        whole = n.bit_length()
        fraction = min(power.frac, self.index_bits - whole)
        return Steps(
            self._index(cover(0, int(high.max()) - int(low.min()), x.frac), power.frac),
            power,
            FixedType(False, whole + fraction, fraction),
            FixedType(False, self.frac + whole + 2, self.frac + whole + 1),
            FixedType(False, self.frac + 1, self.frac),
        )

    def error_bound(self, x: ValueInfo) -> float:
        """The largest possible |probability - softmax(x)|.

        Logits moved by at most h change a probability by at most tanh(h / 2): its odds change by at most
        e^(2h). To that the roundings of powers, total, share and result are added.

        Raises:
            EdgemlError: as `steps`.
        """
        steps = self.steps(x)
        h = steps.index.lsb / 2 if steps.index.frac < x.frac else 0.0
        powers = x.shape[-1] * steps.power.lsb / 2
        total = steps.total.lsb / 2 if steps.total.frac < steps.power.frac else 0.0
        return math.tanh(h / 2) + powers + total + steps.share.lsb / 2 + steps.result.lsb / 2

    def keeps_argmax(self, x: ValueInfo) -> bool:
        """True if only a logit equal to the largest can get the same probability as it.

        True if the index resolves every difference and one LSB of x moves the largest probability by at
        least one LSB of the result, even where that probability is the smallest possible, 1 / n.

        Raises:
            EdgemlError: as `steps`.
        """
        steps = self.steps(x)
        if steps.index.frac < x.frac:
            return False
        powers, shares = _powers(steps.index, steps.power), _shares(steps.total, steps.share)
        least = int(shares[x.shape[-1] << steps.total.frac])
        gap = (int(powers[0]) - int(powers[1])) * least
        return gap >= 1 << (steps.power.frac + steps.share.frac - self.frac)

    def expand(self, build: Builder, *inputs: str) -> str:
        """Maximum, difference, table, sum, table, product."""
        (x,) = inputs
        info = build.info(x)
        steps = self.steps(info)
        *outer, n = info.shape
        rows = math.prod(outer)
        largest = build.add(Reshape((rows, n, 1)), x, name="rows")
        largest = build.add(MaxPool((1, n), (1, n), ((0, 0), (0, 0))), largest, name="max")
        largest = build.add(Reshape((*outer, 1)), largest, name="largest")
        negative = build.add(Mul(), x, build.const(-1, FixedType(True, 1, 0), "minus"), name="negative")
        below = build.add(Add(), largest, negative, name="below")
        index = build.cast(below, steps.index, Round.RND, Overflow.SAT, "index")
        table = build.const(_powers(steps.index, steps.power), steps.power, "exp")
        power = build.add(Lookup(), index, table, name="power")
        ones = build.const(np.ones((n, 1), np.int64), FixedType(False, 1, 0), "ones")
        total = _proven_cast(build, build.add(MatMul(), power, ones, name="sum"), steps.total, "total")
        table = build.const(_shares(steps.total, steps.share), steps.share, "reciprocal")
        share = build.add(Lookup(), total, table, name="share")
        return _proven_cast(build, build.add(Mul(), power, share, name="product"), steps.result, "rounded")

    def _index(self, natural: FixedType, frac: int) -> FixedType:
        """As many integer bits as the differences need, but none where exp is below half of 2^-frac."""
        limit = (frac + 1) * math.log(2)
        whole = natural.integer
        for enough in range(1 - natural.frac, natural.integer):
            if 2.0**enough - 2.0 ** -min(natural.frac, self.index_bits - enough) >= limit:
                whole = enough
                break
        fractional = min(natural.frac, self.index_bits - whole)
        return FixedType(False, whole + fractional, fractional)


def _proven_cast(build: Builder, value: str, to: FixedType, name: str) -> str:
    """A cast that cannot leave its type, by the interval of the value; so WRAP, which costs nothing.

    Raises:
        EdgemlError: the interval does not fit.
    """
    info = build.info(value)
    if any(np.any(outside(end, info.type.frac, to, Round.RND)) for end in (info.lo, info.hi)):
        raise EdgemlError(f"{info.type} may leave {to}", name)
    return build.cast(value, to, Round.RND, Overflow.WRAP, name)


@cache
def _powers(index: FixedType, power: FixedType) -> IntArray:
    """exp(-code) for every code of the index, rounded half to even."""
    one, step = Decimal(1 << power.frac), Decimal(2) ** -index.frac
    codes = [round(_DIGITS.multiply(one, _DIGITS.exp(-code * step))) for code in range(index.hi + 1)]
    return np.array(codes, np.int64)


@cache
def _shares(total: FixedType, share: FixedType) -> IntArray:
    """1 / code for every code of the total, rounded half up; the total is never below one."""
    numerator = 1 << (share.frac + total.frac)
    codes = [(2 * numerator + code) // (2 * code) for code in range(1 << total.frac, total.hi + 1)]
    return np.array([1 << share.frac] * (1 << total.frac) + codes, np.int64)
