"""DSP blocks of the whole design."""

from __future__ import annotations

from edgeml.explore.metric import ResourceMetric


class Dsp(ResourceMetric):
    """A count, or a share of the board's."""

    title = "DSP"
    kind = "dsp"


METRIC = Dsp()
