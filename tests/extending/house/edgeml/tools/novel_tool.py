"""A novel program."""

from __future__ import annotations

from edgeml.tools._base import Tool

TOOL = Tool(
    name="novel_tool",
    summary="nothing yet",
    system="apt-get install novel-tool",
    executables=("novel-tool",),
)
