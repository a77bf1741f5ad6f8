"""Network: its layers as the user named them, what flows between them, and what each takes."""

from __future__ import annotations

from edgeml.report.section import Section
from edgeml.report.sections.network import collect, view
from edgeml.report.sections.network.charts import network_drawing
from edgeml.report.sections.network.facts import NetworkFacts

SECTION = Section(
    title="Network",
    place=15,
    facts=NetworkFacts,
    collect=collect.collect,
    view=view.view,
    digest=view.digest,
    charts=(network_drawing,),
)
