"""Layers: range used, clipping and noise of every value in the exact graph."""

from __future__ import annotations

from edgeml.report.section import Section
from edgeml.report.sections.layers import collect, view
from edgeml.report.sections.layers.charts import profile, range_bar
from edgeml.report.sections.layers.facts import LayersFacts

SECTION = Section(
    title="Layers",
    place=70,
    facts=LayersFacts,
    collect=collect.collect,
    digest=view.digest,
    view=view.view,
    charts=(profile, range_bar),
)
