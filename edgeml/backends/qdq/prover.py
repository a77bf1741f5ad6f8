"""The stages of qdq.onnx."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from edgeml.backends.onnx.prover import OnnxProver
from edgeml.backends.qdq.runner import FILE, PRECISE


class QdqProver(OnnxProver):
    """As for the exact model: the file names the same tensors."""

    file: ClassVar[str] = FILE
    config: ClassVar[Mapping[str, str]] = PRECISE
    covers: ClassVar[str] = (
        "ONNX Runtime computes what the operators' specification says, exact sums exactly, and so do the "
        "integer kernels that it puts in their place in the whole model"
    )
