"""Arm Cortex-M0+; QEMU has none. A Cortex-M3 has all of its instructions, and a board with more memory."""

from __future__ import annotations

from edgeml.mcus.cores._arm import m0
from edgeml.mcus.cores._base import Area, McuCore, SerialLine

CORE = McuCore(
    name="cortex-m0plus",
    title="Arm Cortex-M0+",
    compiler="arm_gcc",
    flags=("-mcpu=cortex-m0plus", "-mthumb"),
    emulator="qemu_arm",
    machine=("-machine", "mps2-an385"),
    startup="cortex_m.c",
    flash=Area(0x0000_0000, 4 << 20),
    ram=Area(0x2000_0000, 4 << 20),
    line=SerialLine("uart_cmsdk.c", 0x4000_4000),
    timing=m0(
        (1.0, 3.0),
        (1.0, 1.0),  # the RP2040 and the SAM D21 have the fast multiplier
        "Cortex-M0+ Technical Reference Manual, instruction set summary",
        "https://infocenter.arm.com/help/topic/com.arm.doc.ddi0484c/CHDCICDF.html",
    ),
)
