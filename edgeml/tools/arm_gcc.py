"""arm-none-eabi-gcc: GCC for bare Arm Cortex-M processors."""

from __future__ import annotations

from edgeml.tools._base import Tool

TOOL = Tool(
    name="arm_gcc",
    summary="compiles C for Arm Cortex-M",
    system="apt-get install gcc-arm-none-eabi",
    executables=("arm-none-eabi-gcc",),
    version=("-dumpfullversion", "-dumpversion"),
    pattern=r"\d+(?:\.\d+)*",
)
