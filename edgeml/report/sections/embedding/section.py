"""Hidden layer: what the last hidden layer of the exact graph makes of the samples, in two dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeml.report.section import Section
from edgeml.report.sections.embedding import collect
from edgeml.report.sections.embedding.charts import embedding_chart
from edgeml.report.sections.embedding.facts import EmbeddingFacts

if TYPE_CHECKING:
    from edgeml.report.facts import Facts


def digest(facts: Facts) -> str:
    """The value that is drawn, and the methods."""
    own = facts.part(EmbeddingFacts)
    return f"{own.hidden} by {', '.join(one.method for one in own.embeddings)}" if own.embeddings else ""


SECTION = Section(
    title="Hidden layer",
    place=66,
    facts=EmbeddingFacts,
    collect=collect.collect,
    digest=digest,
    charts=(embedding_chart,),
)
