"""Arm Cortex-M33, emulated by an MPS2 board."""

from __future__ import annotations

from edgeml.mcus.cores._arm import unpublished
from edgeml.mcus.cores._base import Area, McuCore, SerialLine

CORE = McuCore(
    name="cortex-m33",
    title="Arm Cortex-M33",
    compiler="arm_gcc",
    flags=("-mcpu=cortex-m33", "-mthumb", "-mfloat-abi=soft"),
    emulator="qemu_arm",
    machine=("-machine", "mps2-an505"),
    startup="cortex_m.c",
    flash=Area(0x1000_0000, 4 << 20),
    ram=Area(0x3800_0000, 2 << 20),
    line=SerialLine("uart_cmsdk.c", 0x5020_0000),
    timing=unpublished("Cortex-M33", "https://developer.arm.com/documentation/100230/latest/"),
)
