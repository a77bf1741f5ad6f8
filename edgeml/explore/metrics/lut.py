"""Lookup tables of the whole design."""

from __future__ import annotations

from edgeml.explore.metric import ResourceMetric


class Lut(ResourceMetric):
    """A count, or a share of the board's."""

    title = "LUT"
    kind = "lut"


METRIC = Lut()
