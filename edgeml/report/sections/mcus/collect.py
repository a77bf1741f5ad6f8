"""The footprint that RUN/mcus.json holds, or a new one on the usual cores if their tools are here."""

from __future__ import annotations

from edgeml import mcus
from edgeml.backends.c.ports import MANIFEST
from edgeml.checks import golden
from edgeml.footprint import Footprint, fit, footprint
from edgeml.footprint.of_run import earlier_footprint
from edgeml.mcus import cores
from edgeml.mcus.program import missing
from edgeml.report.numbers import figure
from edgeml.report.sections.mcus.facts import McuFacts, McuRow
from edgeml.report.source import RunSource

USUAL = ("cortex-m0plus", "cortex-m4", "cortex-m33", "riscv32")
"""Cores that a report measures by itself; of others it shows what was measured before."""


def collect(source: RunSource) -> McuFacts:
    """The footprint and the microcontrollers with a measured core.

    Raises:
        EdgemlError: the run's C or its vectors are damaged.
    """
    folder = source.run.folder
    if not (folder / "c" / MANIFEST).is_file():
        return _none("no C was exported (edgeml export RUN --to c)")
    lacking = [reason for name in USUAL if (reason := missing(cores.load(name)))]
    figures = earlier_footprint(folder, source.graph)
    if len(lacking) < len(USUAL):
        here = [name for name in USUAL if not missing(cores.load(name))]
        figures = footprint(
            folder, source.graph, lambda: golden.read(source.run.golden_file, source.graph).inputs, here
        )
    if figures is None:
        return _none(lacking[0])
    rows = _rows(figures)
    if not rows:
        return _none("; ".join(f"{one.core}: {one.reason}" for one in figures.missing))
    return McuFacts(
        microcontrollers=rows,
        mcu_cores=figures.cores,
        widest_layer=figures.widest,
        widest_bytes=figures.widest_bytes,
    )


def _none(reason: str) -> McuFacts:
    return McuFacts(missing={"microcontrollers": reason})


def _rows(figures: Footprint) -> tuple[McuRow, ...]:
    fitted = [fit(mcus.load(name), figures) for name in mcus.names()]
    return tuple(
        McuRow(
            name=row.mcu.name,
            title=row.mcu.title,
            core=row.mcu.core,
            clock_mhz=row.mcu.clock_mhz,
            flash=row.figures.flash,
            flash_capacity=row.mcu.flash.size,
            ram=row.figures.ram,
            ram_capacity=row.mcu.ram.size,
            verdict=row.verdict,
            latency=figure(row.latency, "estimate"),
            lacking=row.lacking,
        )
        for row in fitted
        if row.figures is not None
    )
