"""Transpose: a copy in another order."""

from __future__ import annotations

from edgeml.backends.c.ops._copy import copy
from edgeml.backends.c.place import strides_of
from edgeml.backends.c.site import Site
from edgeml.ir.ops.transpose import Transpose


def emit(site: Site) -> None:
    """Loops over the result."""
    node = site.source
    assert isinstance(node.op, Transpose)
    strides = strides_of(site.info(node, 0).shape)
    reads = [strides[axis] for axis in node.op.order]
    copy(site, node.inputs[0], site.result.shape, reads, strides_of(site.result.shape))
