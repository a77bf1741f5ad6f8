"""Pad: zeros, then a copy of the input into their middle."""

from __future__ import annotations

from edgeml.backends.c.ops._copy import copy
from edgeml.backends.c.place import strides_of
from edgeml.backends.c.site import Site
from edgeml.ir.ops.pad import Pad


def emit(site: Site) -> None:
    """A loop over the result and loops over the input."""
    node = site.source
    assert isinstance(node.op, Pad)
    writes = strides_of(site.result.shape)
    start = sum(stride * before for stride, (before, _) in zip(writes, node.op.padding, strict=True))
    if any(n for pair in node.op.padding for n in pair):
        with site.lines.loop("i", site.result.size):
            site.lines.add("y[i] = 0;")
    shape = site.info(node, 0).shape
    copy(site, node.inputs[0], shape, strides_of(shape), writes, (0, start))
