"""Layers: range used, clipping and noise of every value in the exact graph."""

from __future__ import annotations

from edgeml.report.section import Section, no_headline, no_view
from edgeml.report.sections.layers import collect
from edgeml.report.sections.layers.charts import range_bar
from edgeml.report.sections.layers.facts import LayersFacts

SECTION = Section(
    title="Layers",
    place=70,
    facts=LayersFacts,
    collect=collect.collect,
    view=no_view,
    charts=(range_bar,),
    headline=no_headline,
    compared=None,
)
