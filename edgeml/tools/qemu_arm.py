"""qemu-system-arm: emulates Arm Cortex-M boards."""

from __future__ import annotations

from edgeml.tools._base import Tool

TOOL = Tool(
    name="qemu_arm",
    summary="runs programs for Arm Cortex-M",
    system="apt-get install qemu-system-arm",
    executables=("qemu-system-arm",),
)
