"""Relu: no number below zero."""

from __future__ import annotations

from edgeml.backends.c.scalar import Scalar, constant
from edgeml.backends.c.site import Element, chosen


def element(at: Element) -> Scalar:
    """The number or zero."""
    x = at.site.let(at.value(0))
    if x.lo >= 0:
        return x
    return constant(0) if x.hi <= 0 else chosen(">", x, constant(0), 0, x.hi)
