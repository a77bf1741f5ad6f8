"""Arm Cortex-M0, emulated by a BBC micro:bit."""

from __future__ import annotations

from edgeml.mcus.cores._arm import m0
from edgeml.mcus.cores._base import Area, McuCore, SerialLine

CORE = McuCore(
    name="cortex-m0",
    title="Arm Cortex-M0",
    compiler="arm_gcc",
    flags=("-mcpu=cortex-m0", "-mthumb"),
    emulator="qemu_arm",
    machine=("-machine", "microbit"),
    startup="cortex_m.c",
    flash=Area(0x0000_0000, 256 << 10),
    ram=Area(0x2000_0000, 16 << 10),
    line=SerialLine("uart_nrf51.c", 0x4000_2000),
    timing=m0(
        (1.0, 4.0),
        (1.0, 32.0),
        "Cortex-M0 Technical Reference Manual, instruction set summary",
        "https://developer.arm.com/documentation/ddi0432/c/programmers-model/instruction-set-summary",
    ),
)
