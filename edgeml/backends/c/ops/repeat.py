"""Repeat: a copy that writes every slice several times."""

from __future__ import annotations

from edgeml.backends.c.ops._copy import copy
from edgeml.backends.c.place import strides_of
from edgeml.backends.c.site import Site
from edgeml.ir.ops.repeat import Repeat


def emit(site: Site) -> None:
    """Loops over the input, with one more over the repetitions."""
    node = site.source
    assert isinstance(node.op, Repeat)
    axis, shape = node.op.axis, site.info(node, 0).shape
    parts = (*shape[: axis + 1], node.op.times, *shape[axis + 1 :])
    strides = strides_of(shape)
    reads = (*strides[: axis + 1], 0, *strides[axis + 1 :])
    copy(site, node.inputs[0], parts, reads, strides_of(parts))
