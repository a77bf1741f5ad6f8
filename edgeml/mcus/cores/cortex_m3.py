"""Arm Cortex-M3, emulated by an MPS2 board."""

from __future__ import annotations

from edgeml.mcus.cores._arm import M3
from edgeml.mcus.cores._base import Area, McuCore, SerialLine

CORE = McuCore(
    name="cortex-m3",
    title="Arm Cortex-M3",
    compiler="arm_gcc",
    flags=("-mcpu=cortex-m3", "-mthumb"),
    emulator="qemu_arm",
    machine=("-machine", "mps2-an385"),
    startup="cortex_m.c",
    flash=Area(0x0000_0000, 4 << 20),
    ram=Area(0x2000_0000, 4 << 20),
    line=SerialLine("uart_cmsdk.c", 0x4000_4000),
    timing=M3,
)
