"""Activations: the values that reach each cast against the limits of its type."""

from __future__ import annotations

from edgeml.report.histogram_chart import histogram
from edgeml.report.section import Section
from edgeml.report.sections.activations import collect
from edgeml.report.sections.activations.facts import ActivationsFacts

SECTION = Section(
    title="Activations",
    place=90,
    facts=ActivationsFacts,
    collect=collect.collect,
    charts=(histogram,),
)
