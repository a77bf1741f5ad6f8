"""MaxPool: the largest of each window."""

from __future__ import annotations

from edgeml.backends.c.integers import computing
from edgeml.backends.c.ops._pool import pool
from edgeml.backends.c.site import Site
from edgeml.ir.ops.max_pool import MaxPool


def emit(site: Site) -> None:
    """Loops with a comparison."""
    op, info = site.source.op, site.info(site.source, 0)
    assert isinstance(op, MaxPool)
    lowest = int(info.lo.min())
    kind = computing(lowest, int(info.hi.max()))
    pool(site, op.pool, op.strides, op.padding, kind, lowest, _larger, "")


def _larger(site: Site, element: str) -> None:
    with site.lines.block(f"if ({element} > result)"):
        site.lines.add(f"result = {element};")
