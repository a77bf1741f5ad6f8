"""Emulation: time per sample of the exact model and of its baselines on this machine."""

from __future__ import annotations

from edgeml.report.section import Compared, Section, TableCell, TableColumn
from edgeml.report.sections.speed import collect, view
from edgeml.report.sections.speed.facts import SpeedFacts, SpeedRow

SECTION = Section(
    title="Emulation",
    place=110,
    facts=SpeedFacts,
    collect=collect.collect,
    digest=view.digest,
    view=view.view,
    compared=Compared(
        row=SpeedRow,
        take=lambda facts, _: SpeedRow(latency=view.emulated_latency(facts, "exact")),
        columns=(
            TableColumn(
                "CPU latency",
                lambda run: TableCell(run.part(SpeedRow).latency, "ns"),
                "one sample, exact emulation",
            ),
        ),
    ),
)
