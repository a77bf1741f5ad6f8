"""qemu-system-riscv32: emulates 32-bit RISC-V machines."""

from __future__ import annotations

from edgeml.tools._base import Tool

TOOL = Tool(
    name="qemu_riscv",
    summary="runs programs for RISC-V",
    system="apt-get install qemu-system-misc",
    executables=("qemu-system-riscv32",),
)
