"""Max: the larger of two numbers at the finer LSB."""

from __future__ import annotations

from edgeml.backends.c.scalar import Scalar
from edgeml.backends.c.site import Element, chosen


def element(at: Element) -> Scalar:
    """The larger one."""
    a, b = (at.site.let(x) for x in at.pair())
    return chosen(">", a, b, max(a.lo, b.lo), max(a.hi, b.hi))
