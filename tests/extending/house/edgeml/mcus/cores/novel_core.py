"""A novel core: the Cortex-M3 under another name, with the cycles of its own manual."""

from __future__ import annotations

from edgeml.mcus.cores._base import Area, InstructionClass, McuCore, SerialLine, Timing

CORE = McuCore(
    name="novel-core",
    title="Novel core",
    compiler="arm_gcc",
    flags=("-mcpu=cortex-m3", "-mthumb"),
    emulator="qemu_arm",
    machine=("-machine", "mps2-an385"),
    startup="cortex_m.c",
    flash=Area(0x0000_0000, 4 << 20),
    ram=Area(0x2000_0000, 4 << 20),
    line=SerialLine("uart_cmsdk.c", 0x4000_4000),
    timing=Timing(
        {
            InstructionClass.LOAD: (1.0, 2.0),
            InstructionClass.STORE: (1.0, 2.0),
            InstructionClass.MULTIPLY: (1.0, 3.0),
            InstructionClass.DIVIDE: (4.0, 11.0),
            InstructionClass.BRANCH: (1.0, 3.0),
            InstructionClass.MULTIPLE: (2.0, 10.0),
            InstructionClass.OTHER: (1.0, 1.0),
        },
        "Novel core, instruction set summary",
        "https://example.org/novel-core",
    ),
)
