"""Hidden layer: what the last hidden layer of the exact graph makes of the samples, in two dimensions."""

from __future__ import annotations

from edgeml.report.section import Section
from edgeml.report.sections.embedding import collect
from edgeml.report.sections.embedding.charts import embedding_chart
from edgeml.report.sections.embedding.facts import EmbeddingFacts

SECTION = Section(
    title="Hidden layer", place=66, facts=EmbeddingFacts, collect=collect.collect, charts=(embedding_chart,)
)
