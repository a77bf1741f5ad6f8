"""The knowledge about variables of an hls4ml project, and the helpers of all rules about calls.

Invariant: the bounds hold for every code within the bounds of the sources.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from edgeml.backends.hls4ml.constants import StoredConstant
from edgeml.backends.hls4ml.firmware import Config, Firmware, TemplateCall
from edgeml.backends.hls4ml.layer import Precision
from edgeml.fixed import IntArray, Overflow, cast, symmetric_lo
from edgeml.ir.structure import Structure, stepped, unknown


@dataclass(frozen=True, eq=False)
class VariableFacts:
    """The structure and bounds of a variable.

    Args:
        precision: of its elements.
        structure: of its elements (size,) as functions of the elements of the sources.
        lo: smallest codes, (size,).
        hi: largest codes.
        wraps: why a sum may differ from that of whole numbers, or "".
        rounds: why it may differ even modulo 2^width, or "".
        through: the types that it went through; where `wraps` is not "", all have to hold the value.
    """

    precision: Precision
    structure: Structure
    lo: IntArray
    hi: IntArray
    wraps: str = ""
    rounds: str = ""
    through: tuple[Precision, ...] = ()

    @property
    def size(self) -> int:
        """The number of elements."""
        return int(self.lo.size)


@dataclass(frozen=True, eq=False)
class BlockSite:
    """A call with what is known of its arguments.

    Args:
        call: the call.
        config: its configuration.
        inputs: the variables that it reads.
        weights: its constants.
        results: the types of the variables that it writes.
        firmware: the project.
        sizes: elements of the variables that it writes.
        drive: codes (vectors, elements) of all inputs to codes of all results.
    """

    call: TemplateCall
    config: Config
    inputs: Sequence[VariableFacts]
    weights: Sequence[StoredConstant]
    results: Sequence[Precision]
    sizes: Sequence[int]
    firmware: Firmware
    drive: Callable[[Sequence[IntArray]], list[IntArray]]


def fits(lo: IntArray, hi: IntArray, frac: int, to: Precision) -> bool:
    """True if a type has all fractional bits of codes within bounds, and holds them."""
    return to.type.frac >= frac and within(int(lo.min(initial=0)), int(hi.max(initial=0)), frac, to)


def within(lo: int, hi: int, frac: int, to: Precision) -> bool:
    """True if codes lie between the ends of a type."""
    grow, shrink = max(0, to.type.frac - frac), max(0, frac - to.type.frac)
    least = int(symmetric_lo(to.type)) if to.overflow is Overflow.SAT_SYM else to.type.lo
    return (least << shrink) <= (lo << grow) and (hi << grow) <= (to.type.hi << shrink)


def rising_cast(lo: IntArray, hi: IntArray, frac: int, to: Precision) -> bool:
    """True if the cast to a type never falls between bounds."""
    if to.overflow in (Overflow.SAT, Overflow.SAT_SYM):
        return True
    ends = np.stack([lo, hi]).astype(np.int64)
    # One more on either side, for what rounding adds.
    shift = max(0, frac - to.type.frac)
    return fits((ends[0] >> shift) - 1, (ends[1] >> shift) + 1, min(frac, to.type.frac), to)


def full(
    precision: Precision,
    structure: Structure,
    wraps: str = "",
    rounds: str = "",
    through: tuple[Precision, ...] = (),
) -> VariableFacts:
    """A result of which nothing but its type bounds it."""
    size = int(np.prod(structure.shape, dtype=np.int64))
    lo, hi = (np.full(size, end, np.int64) for end in (precision.type.lo, precision.type.hi))
    return VariableFacts(precision, structure, lo, hi, wraps, rounds, through)


def unknown_results(site: BlockSite, reason: str) -> list[VariableFacts]:
    """Results of which nothing is known."""
    return [full(to, unknown((size,), reason)) for to, size in zip(site.results, site.sizes, strict=True)]


def cast_to(x: VariableFacts, to: Precision) -> VariableFacts:
    """Every element assigned to another type."""
    frac = x.precision.type.frac
    exact = fits(x.lo, x.hi, frac, to)
    rising = exact or rising_cast(x.lo, x.hi, frac, to)
    structure = x.structure if exact else stepped(x.structure, x.structure.shape, monotone=rising)
    if not rising:
        return full(to, structure, wraps=x.wraps, rounds=x.rounds, through=(*x.through, to))
    lo, hi = (cast(end, frac, to.type, to.rounding, to.overflow) for end in (x.lo, x.hi))
    return VariableFacts(to, structure, lo, hi, x.wraps, x.rounds, (*x.through, to))


# ---------------------------------------------------------------- what configurations say


def misfit(site: BlockSite, **sizes: int) -> str:
    """The reason why a configuration does not fit its arguments, or ""."""
    for member, size in sizes.items():
        stated = site.config.number(member)
        if stated != size:
            return f"{site.config.name} says {member} = {stated}, and it is {size}"
    return ""


def odd_product(config: Config) -> str:
    """The reason why products are not those of numbers, or ""."""
    product = config.members.get("product")
    return "" if product == "nnet::product::mult" else f"{config.name} multiplies by {product}"
