"""The memory and the flags of a microcontroller, as files for the user's own build."""

from __future__ import annotations

from edgeml.files import FileSet
from edgeml.footprint.fitting import McuFit
from edgeml.mcus import cores


def project_files(fitted: McuFit) -> FileSet:
    """`mcu/<name>.mk` with the compiler's flags, and `mcu/<name>.ld` with the memory for a linker script."""
    mcu, core = fitted.mcu, cores.load(fitted.mcu.core)
    figures = "".join(f"# {need.text()}\n" for need in fitted.needs)
    make = _MAKE.format(
        title=mcu.title, core=core.title, verdict=fitted.verdict, figures=figures, flags=" ".join(core.flags)
    )
    script = _SCRIPT.format(title=mcu.title, flash=mcu.flash, ram=mcu.ram)
    files = {f"mcu/{mcu.name}.mk": make, f"mcu/{mcu.name}.ld": script}
    return FileSet({name: text.encode() for name, text in files.items()})


_MAKE = """\
# {title}, {core}: flags of GCC. Written by edgeml.
# The model alone: {verdict}.
{figures}MCU_FLAGS = {flags}
MCU_CFLAGS = $(MCU_FLAGS) -O2 -std=c99 -ffunction-sections -fdata-sections
MCU_LDFLAGS = $(MCU_FLAGS) -Wl,--gc-sections
"""

_SCRIPT = """\
/* {title}: memory for a linker script (INCLUDE this file). Written by edgeml. */
MEMORY
{{
    FLASH (rx) : ORIGIN = {flash.at:#010x}, LENGTH = {flash.kib}K
    RAM (rwx) : ORIGIN = {ram.at:#010x}, LENGTH = {ram.kib}K
}}
"""
