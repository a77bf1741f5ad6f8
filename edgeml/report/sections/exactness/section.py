"""Exactness: every artefact that was run against the reference, integer by integer."""

from __future__ import annotations

from edgeml.report.section import Compared, Section, TableCell, TableColumn
from edgeml.report.sections.exactness import collect, view
from edgeml.report.sections.exactness.facts import ExactnessFacts, ExactnessRow

SECTION = Section(
    title="Exactness",
    place=10,
    facts=ExactnessFacts,
    collect=collect.collect,
    digest=view.digest,
    view=view.view,
    headline=view.headline,
    compared=Compared(
        row=ExactnessRow,
        take=lambda facts, _: ExactnessRow(verdict=view.verdict(facts)),
        columns=(
            TableColumn(
                "Exactness",
                lambda run: TableCell(run.part(ExactnessRow).verdict, "status"),
                numeric=False,
            ),
        ),
    ),
)
