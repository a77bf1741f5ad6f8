"""Weights: what the constants take, what they cost, and how they lie in their types."""

from __future__ import annotations

from edgeml.report.histogram_chart import histogram
from edgeml.report.section import Compared, Criterion, Section, TableCell, TableColumn
from edgeml.report.sections.weights import collect, view
from edgeml.report.sections.weights.facts import ModelSizes, SizesRow, WeightsFacts


def _row(sizes: ModelSizes) -> SizesRow:
    return SizesRow(weight_bits=sizes.weight_bits, macs=sizes.macs, bops=sizes.bops)


SECTION = Section(
    title="Weights",
    place=80,
    facts=WeightsFacts,
    collect=collect.collect,
    digest=view.digest,
    view=view.view,
    charts=(histogram,),
    headline=view.headline,
    compared=Compared(
        row=SizesRow,
        take=lambda facts, _: _row(facts.part(WeightsFacts).sizes),
        columns=(
            TableColumn("Constants", lambda run: TableCell(run.part(SizesRow).weight_bits, "size")),
            TableColumn("MACs", lambda run: TableCell(run.part(SizesRow).macs)),
            TableColumn("Bit operations", lambda run: TableCell(run.part(SizesRow).bops), "proxy for energy"),
        ),
        criteria=(
            Criterion(
                name="bops",
                best="Fewest bit operations",
                kind="amount",
                numbers=lambda run: [("", run.part(SizesRow).bops)],
                against="the energy proxy",
                axis="bit operations per sample",
            ),
        ),
    ),
)
