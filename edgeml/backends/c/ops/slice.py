"""Slice: a copy of every so many elements from a start."""

from __future__ import annotations

from edgeml.backends.c.ops._copy import copy
from edgeml.backends.c.place import strides_of
from edgeml.backends.c.site import Site
from edgeml.ir.ops.slice import Slice


def emit(site: Site) -> None:
    """Loops over the result."""
    node = site.source
    assert isinstance(node.op, Slice)
    strides = strides_of(site.info(node, 0).shape)
    reads = [stride * step for stride, step in zip(strides, node.op.steps, strict=True)]
    start = sum(stride * first for stride, first in zip(strides, node.op.starts, strict=True))
    copy(site, node.inputs[0], site.result.shape, reads, strides_of(site.result.shape), (start, 0))
