"""Microcontrollers: flash, RAM, instructions and time of the emitted C, and where it fits."""

from __future__ import annotations

from edgeml.report.section import Compared, Section, TableCell, TableColumn
from edgeml.report.sections.mcus import collect, view
from edgeml.report.sections.mcus.facts import FootprintRow, McuFacts


def _ram(row: FootprintRow) -> str:
    return "" if row.mcu_ram.value is None else f"RAM {row.mcu_ram.value:,.0f}"


SECTION = Section(
    title="Microcontrollers",
    place=52,
    facts=McuFacts,
    collect=collect.collect,
    digest=view.digest,
    view=view.view,
    headline=view.headline,
    compared=Compared(
        row=FootprintRow,
        take=lambda facts, _: view.row(facts),
        columns=(
            TableColumn(
                "C flash",
                lambda run: TableCell(run.part(FootprintRow).mcu_flash, note=_ram(run.part(FootprintRow))),
                "bytes of the C on a Cortex-M4: code and constants; RAM is arena, stack, inputs and outputs",
            ),
        ),
    ),
)
