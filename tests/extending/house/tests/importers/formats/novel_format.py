"""A small file of the new format."""

from __future__ import annotations

from pathlib import Path


def sample(folder: Path) -> Path:
    """Three inputs and two outputs."""
    path = folder / "small.novel"
    path.write_text("novel 1\n3 -2\n5 7\n-8 1\n")
    return path
