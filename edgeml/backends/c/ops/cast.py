"""Cast: rounding and overflow, with one type for all elements or one for each."""

from __future__ import annotations

import numpy as np

from edgeml.backends.c.casting import evenly_rounded, fitted, rounded
from edgeml.backends.c.integers import INT64
from edgeml.backends.c.scalar import Scalar
from edgeml.backends.c.site import Element
from edgeml.fixed import ElementType, FixedType, Overflow, Round, symmetric_lo
from edgeml.ir.ops.cast import Cast

_MOST_DROPPED, _MOST_GROWN = 64, 63
"""Dropping or growing by more bits gives what this many give."""


def element(at: Element) -> Scalar:
    """The rounded and bounded code."""
    op = at.op
    assert isinstance(op, Cast)
    site, x = at.site, at.site.let(at.value(0))
    to = _plain(op.to)
    drops = np.asarray(at.info(0).type.frac, np.int64) - np.asarray(to.frac, np.int64)
    if isinstance(to, FixedType) and np.all(drops == drops.flat[0]):
        drop = int(drops.flat[0])
        whole = site.let(rounded(x, max(drop, 0), op.rounding, site.helpers.rounding))
        return fitted(whole, max(-drop, 0), to, op.overflow)
    name, shape = at.node.name, at.place.shape
    least = symmetric_lo(to) if op.overflow is Overflow.SAT_SYM else to.lo
    drop = site.table(
        f"{name}.drop", drops.clip(-_MOST_GROWN, _MOST_DROPPED), at.place, f"{name}: bits to drop"
    )
    widths = np.unique(to.width)
    even = evenly_rounded(x, site.let(drop), drops) if op.rounding is Round.RND_CONV else None
    if even is not None and widths.size == 1:
        return fitted(site.let(even), 0, FixedType(to.signed, int(widths[0]), 0), op.overflow)
    lo = site.table(f"{name}.lo", np.broadcast_to(least, shape), at.place, f"{name}: smallest codes")
    hi = site.table(f"{name}.hi", np.broadcast_to(to.hi, shape), at.place, f"{name}: largest codes")
    function = site.helpers.cast(op.rounding, op.overflow)
    info = site.graph.info(name)
    return Scalar(
        f"{function}({x.within(INT64)}, {drop.text}, {lo.text}, {hi.text})",
        int(info.lo.min()),
        int(info.hi.max()),
        INT64,
    )


def _plain(to: ElementType) -> ElementType:
    """One type where all elements have the same."""
    if isinstance(to, FixedType):
        return to
    width, frac = int(to.width.flat[0]), int(to.frac.flat[0])
    same = bool(np.all(to.width == width) and np.all(to.frac == frac))
    return FixedType(to.signed, width, frac) if same else to
