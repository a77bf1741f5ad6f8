"""Concat: a copy of every input to its part of the result, at the finest LSB."""

from __future__ import annotations

import math

import numpy as np

from edgeml.backends.c.integers import computing
from edgeml.backends.c.ops._copy import copy
from edgeml.backends.c.place import strides_of
from edgeml.backends.c.scalar import Scalar
from edgeml.backends.c.site import Site
from edgeml.fixed import align
from edgeml.ir.ops.concat import Concat


def emit(site: Site) -> None:
    """Loops over each input."""
    node = site.source
    assert isinstance(node.op, Concat)
    writes = strides_of(site.result.shape)
    frac, start = site.graph.info(node.name).frac, 0
    for position, name in enumerate(node.inputs):
        info = site.info(node, position)
        shape, reads = info.shape, strides_of(info.shape)
        if name in site.graph.constants:
            codes = np.asarray(align(site.graph.constants[name], info.type.frac, frac))
            lo, hi = int(codes.min()), int(codes.max())
            table = site.tables.add(name, codes, f"{name}: {info}")
            copy(site, Scalar(table, lo, hi, computing(lo, hi)), shape, reads, writes, (0, start))
        else:
            copy(site, name, shape, reads, writes, (0, start), frac - info.frac)
        start += shape[node.op.axis] * math.prod(shape[node.op.axis + 1 :])
