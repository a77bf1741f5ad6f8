"""SumPool: the sum of each window."""

from __future__ import annotations

import math

from edgeml.backends.c.integers import computing
from edgeml.backends.c.ops._pool import pool
from edgeml.backends.c.site import Site
from edgeml.ir.ops.sum_pool import SumPool


def emit(site: Site) -> None:
    """Loops with an addition."""
    op, info = site.source.op, site.info(site.source, 0)
    assert isinstance(op, SumPool)
    most = math.prod(op.pool) * info.magnitude
    remark = f" /* partial sums: at most {most} */"
    pool(site, op.pool, op.strides, op.padding, computing(most, -most), 0, _added, remark)


def _added(site: Site, element: str) -> None:
    site.lines.add(f"result += {element};")
