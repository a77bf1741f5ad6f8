"""RISC-V with 32 bits, multiplication and compressed instructions, emulated by QEMU's machine `virt`."""

from __future__ import annotations

from edgeml.mcus.cores._base import Area, InstructionClass, McuCore, SerialLine, Timing

CORE = McuCore(
    name="riscv32",
    title="RISC-V rv32imc",
    compiler="riscv_gcc",
    flags=("-march=rv32imc_zicsr", "-mabi=ilp32"),
    emulator="qemu_riscv",
    machine=("-machine", "virt", "-bios", "none"),
    startup="riscv32.c",
    flash=Area(0x8000_0000, 32 << 20),
    ram=Area(0x8200_0000, 64 << 20),
    line=SerialLine("uart_16550.c", 0x1000_0000),
    timing=Timing(
        {
            InstructionClass.LOAD: (1.0, 3.0),
            InstructionClass.STORE: (1.0, 3.0),
            InstructionClass.MULTIPLY: (1.0, 5.0),
            InstructionClass.DIVIDE: (2.0, 38.0),
            InstructionClass.BRANCH: (1.0, 4.0),
            InstructionClass.MULTIPLE: (1.0, 1.0),  # there is no such instruction
            InstructionClass.OTHER: (1.0, 1.0),
        },
        "single-issue cores of two to five stages (Ibex manual, pipeline details), with a stalled cycle more",
        "https://ibex-core.readthedocs.io/en/latest/03_reference/pipeline_details.html",
    ),
)
