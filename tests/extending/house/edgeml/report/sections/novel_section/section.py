"""A section: how many ops the exact graph has."""

from __future__ import annotations

from edgeml.report.section import Section, SectionFacts
from edgeml.report.source import RunSource


class NovelFacts(SectionFacts):
    """Facts of the section."""

    graph_ops: int = 0


def collect(source: RunSource) -> NovelFacts:
    """Count the ops."""
    return NovelFacts(graph_ops=len(source.graph.nodes))


SECTION = Section(
    title="Ops of the graph",
    place=125,
    facts=NovelFacts,
    collect=collect,
    digest=lambda facts: f"{facts.part(NovelFacts).graph_ops} ops",
)
