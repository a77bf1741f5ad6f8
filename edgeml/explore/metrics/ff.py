"""Flip-flops of the whole design."""

from __future__ import annotations

from edgeml.explore.metric import ResourceMetric


class Ff(ResourceMetric):
    """A count, or a share of the board's."""

    title = "FF"
    kind = "ff"


METRIC = Ff()
