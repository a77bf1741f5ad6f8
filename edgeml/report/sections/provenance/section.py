"""Repeat it: commands, checksums and versions."""

from __future__ import annotations

from edgeml.report.section import Section
from edgeml.report.sections.provenance import collect
from edgeml.report.sections.provenance.facts import ProvenanceFacts

SECTION = Section(
    title="Repeat it",
    place=130,
    facts=ProvenanceFacts,
    collect=collect.collect,
    digest=lambda facts: f"{len(facts.part(ProvenanceFacts).commands)} commands, checksums, versions",
)
