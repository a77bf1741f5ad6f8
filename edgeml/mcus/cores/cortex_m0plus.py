"""Arm Cortex-M0+; QEMU has none, and a Cortex-M0 has the same instructions."""

from __future__ import annotations

from edgeml.mcus.cores._arm import m0
from edgeml.mcus.cores._base import Area, McuCore, SerialLine

CORE = McuCore(
    name="cortex-m0plus",
    title="Arm Cortex-M0+",
    compiler="arm_gcc",
    flags=("-mcpu=cortex-m0plus", "-mthumb"),
    emulator="qemu_arm",
    machine=("-machine", "microbit"),
    startup="cortex_m.c",
    flash=Area(0x0000_0000, 256 << 10),
    ram=Area(0x2000_0000, 16 << 10),
    line=SerialLine("uart_nrf51.c", 0x4000_2000),
    timing=m0(
        (1.0, 3.0),
        (1.0, 1.0),  # the RP2040 and the SAM D21 have the fast multiplier
        "Cortex-M0+ Technical Reference Manual, instruction set summary",
        "https://infocenter.arm.com/help/topic/com.arm.doc.ddi0484c/CHDCICDF.html",
    ),
)
