"""Execute qdq.onnx as it lies on the disk."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

from edgeml.backend import Runner
from edgeml.backends.onnx.runner import OnnxRunner

FILE = "qdq.onnx"

PRECISE: Mapping[str, str] = MappingProxyType({"session.x64quantprecision": "1"})
"""Processors with AVX2 and without VNNI add two products in 16 bits, which can saturate; not with this."""


class QdqRunner(OnnxRunner):
    """ONNX Runtime on the CPU, which computes on the stored integers where it can."""

    name: ClassVar[str] = "onnxruntime-qdq"
    artefact: ClassVar[str] = FILE
    config: ClassVar[Mapping[str, str]] = PRECISE

    def alternatives(self, *, failed: bool = True) -> tuple[Runner, ...]:
        del failed
        return (QdqOperatorRunner(),)


class QdqOperatorRunner(QdqRunner):
    """ONNX Runtime on the CPU, operator by operator in floats.

    Its integer kernels take a bias' scale and zero point for what they should be, whatever the file says.
    Other runtimes need not.
    """

    config: ClassVar[Mapping[str, str]] = MappingProxyType({**PRECISE, "session.disable_quant_qdq": "1"})

    def alternatives(self, *, failed: bool = True) -> tuple[Runner, ...]:
        del failed
        return ()
