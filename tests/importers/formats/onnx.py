"""A small QONNX file."""

from __future__ import annotations

from pathlib import Path

from tests.importers.random_qonnx import model


def sample(folder: Path) -> Path:
    """A graph with a convolution, quantizers and a matrix product."""
    path = folder / "small.qonnx.onnx"
    path.write_bytes(model(5, powers=True).SerializeToString())
    return path
