"""Arm Cortex-M55, emulated by an MPS3 board; its vector unit is not used."""

from __future__ import annotations

from edgeml.mcus.cores._arm import unpublished
from edgeml.mcus.cores._base import Area, McuCore, SerialLine

CORE = McuCore(
    name="cortex-m55",
    title="Arm Cortex-M55",
    compiler="arm_gcc",
    flags=("-mcpu=cortex-m55", "-mthumb", "-mfloat-abi=soft"),
    emulator="qemu_arm",
    machine=("-machine", "mps3-an547"),
    startup="cortex_m.c",
    flash=Area(0x1000_0000, 512 << 10),
    ram=Area(0x3100_0000, 2 << 20),
    line=SerialLine("uart_cmsdk.c", 0x5930_3000),
    timing=unpublished("Cortex-M55", "https://developer.arm.com/documentation/101051/latest/"),
)
