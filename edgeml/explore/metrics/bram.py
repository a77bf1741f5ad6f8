"""Blocks of memory of the whole design."""

from __future__ import annotations

from edgeml.explore.metric import ResourceMetric


class Bram(ResourceMetric):
    """A count, or a share of the board's."""

    title = "BRAM"
    kind = "bram"


METRIC = Bram()
