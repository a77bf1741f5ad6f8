"""Add: an exact sum at the finer LSB."""

from __future__ import annotations

from edgeml.backends.c.scalar import Scalar
from edgeml.backends.c.site import Element, combined


def element(at: Element) -> Scalar:
    """The sum."""
    a, b = at.pair()
    return combined("+", a, b, a.lo + b.lo, a.hi + b.hi)
