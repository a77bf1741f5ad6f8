"""Large memory blocks of the whole design."""

from __future__ import annotations

from edgeml.explore.metric import ResourceMetric


class NovelMetric(ResourceMetric):
    """A count, or a share of the board's."""

    title = "URAM"
    kind = "uram"


METRIC = NovelMetric()
