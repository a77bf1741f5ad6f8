"""Precision: why floating-point arithmetic gives the exact integers, op by op."""

from __future__ import annotations

from edgeml.report.section import Section
from edgeml.report.sections.certificate import collect
from edgeml.report.sections.certificate.facts import CertificateFacts

SECTION = Section(
    title="Precision",
    place=120,
    facts=CertificateFacts,
    collect=collect.collect,
)
