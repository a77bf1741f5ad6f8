"""A small TensorFlow Lite file."""

from __future__ import annotations

from pathlib import Path

from tests.importers.small_tflite import fully_connected


def sample(folder: Path) -> Path:
    """One FULLY_CONNECTED of int8."""
    path = folder / "small.tflite"
    path.write_bytes(fully_connected(0))
    return path
