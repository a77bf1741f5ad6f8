"""Mul: an exact product."""

from __future__ import annotations

from edgeml.backends.c.scalar import Scalar
from edgeml.backends.c.site import Element, combined


def element(at: Element) -> Scalar:
    """The product."""
    a, b = at.value(0), at.value(1)
    if at.node.inputs[0] in at.site.graph.constants:
        a = at.value(0, at.info(0).frac)
    if at.node.inputs[1] in at.site.graph.constants:
        b = at.value(1, at.info(1).frac)
    ends = [first * second for first in (a.lo, a.hi) for second in (b.lo, b.hi)]
    info = at.site.graph.info(at.node.name)
    lo, hi = max(min(ends), int(info.lo.min())), min(max(ends), int(info.hi.max()))
    return combined("*", a, b, lo, hi)
