"""ArgMax: the first of the largest numbers along the last axis."""

from __future__ import annotations

from edgeml.backends.c.place import strides_of
from edgeml.backends.c.scalar import Scalar
from edgeml.backends.c.site import Site


def emit(site: Site) -> None:
    """Loops over the rows, and one over a row."""
    node = site.source
    info = site.info(node, 0)
    count, strides = info.shape[-1], strides_of(info.shape)[:-1]
    kind, pointer = site.kind(node.inputs[0]), site.pointer(node.inputs[0])
    with site.loops(operands=[strides]) as place:
        start = place.offset(strides)
        site.lines.add(f"const {kind.name} *row = {pointer} + {start};", "int32_t best = 0;")
        with site.lines.loop("n", count, 1), site.lines.block("if (row[n] > row[best])"):
            site.lines.add("best = n;")
        site.finish(place, Scalar("best", 0, count - 1))
