"""The footprint of a model on microcontrollers: flash, RAM, stack, instructions, and whether it fits.

    figures = measure(folder, graph, cores.load("cortex-m4"), codes)      # compiled and run under QEMU
    verdict = fit(mcus.load("rp2040"), figures)                           # bytes against bytes

`figures` is what is kept of it, `measure` compiles and counts, `fitting` compares with a microcontroller,
`project` writes a microcontroller's memory and flags for a build of the user's.

Invariant: bytes and instructions are counted in a linked program and by the emulator; cycles are an interval
that follows from them and the core's manual, without wait states of the memory.
"""

from __future__ import annotations

from edgeml.footprint.figures import FILE, CoreFigures, Footprint, LayerFootprint
from edgeml.footprint.fitting import McuFit, fit
from edgeml.footprint.measure import measure
from edgeml.footprint.of_run import footprint
from edgeml.footprint.project import project_files

__all__ = [
    "FILE",
    "CoreFigures",
    "Footprint",
    "LayerFootprint",
    "McuFit",
    "fit",
    "footprint",
    "measure",
    "project_files",
]
