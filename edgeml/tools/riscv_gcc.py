"""riscv64-unknown-elf-gcc: GCC for bare RISC-V processors; it compiles for 32 bits as well."""

from __future__ import annotations

from edgeml.tools._base import Tool

TOOL = Tool(
    name="riscv_gcc",
    summary="compiles C for RISC-V",
    system="apt-get install gcc-riscv64-unknown-elf",
    executables=("riscv64-unknown-elf-gcc", "riscv32-unknown-elf-gcc", "riscv-none-elf-gcc"),
    version=("-dumpfullversion", "-dumpversion"),
    pattern=r"\d+(?:\.\d+)*",
)
