"""Microcontrollers: flash, RAM, instructions and time of the emitted C, and where it fits."""

from __future__ import annotations

from edgeml.report.section import Compared, Section, TableCell, TableColumn
from edgeml.report.sections.mcus import collect, view
from edgeml.report.sections.mcus.facts import FootprintRow, McuFacts

SECTION = Section(
    title="Microcontrollers",
    place=52,
    facts=McuFacts,
    collect=collect.collect,
    view=view.view,
    headline=view.headline,
    compared=Compared(
        row=FootprintRow,
        take=lambda facts, _: view.row(facts),
        columns=(
            TableColumn(
                "Flash",
                lambda run: TableCell(run.part(FootprintRow).mcu_flash),
                "bytes of the C on a Cortex-M4: code and constants",
            ),
            TableColumn(
                "RAM",
                lambda run: TableCell(run.part(FootprintRow).mcu_ram),
                "bytes of the C on a Cortex-M4: arena, stack, inputs and outputs",
            ),
            TableColumn(
                "Instructions",
                lambda run: TableCell(run.part(FootprintRow).mcu_instructions),
                "per inference on a Cortex-M4",
            ),
        ),
    ),
)
