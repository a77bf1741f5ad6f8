"""The back end: options, refusals, the file qonnx.onnx."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any, ClassVar

from edgeml import install
from edgeml.backends.base import Backend, Refusal, Runner
from edgeml.backends.qonnx.emitters import EMITTERS, build_model
from edgeml.backends.qonnx.rules import refusals
from edgeml.backends.qonnx.runner import FILE, QonnxRunner
from edgeml.files import FileSet
from edgeml.ir import Graph
from edgeml.passes import prepare
from edgeml.settings import Settings, parse_settings


class QonnxOptions(Settings):
    """None: a QONNX model has no choices."""


class QonnxBackend(Backend):
    """Float ONNX with Quant nodes."""

    name: ClassVar[str] = "qonnx"
    folder: ClassVar[str] = "onnx"
    summary: ClassVar[str] = "QONNX model with Quant nodes, for FINN, hls4ml and the qonnx tools"

    def missing(self) -> str:
        return "" if find_spec("onnx") else f"onnx is not installed ({install.command()})"

    def options(self, settings: Mapping[str, Any]) -> QonnxOptions:
        return parse_settings(QonnxOptions, settings, "qonnx")

    def refusals(self, graph: Graph, options: Any) -> tuple[Refusal, ...]:
        core = _core(graph)
        unknown = [node for node in core.nodes if node.op.op_name() not in {*EMITTERS, "const"}]
        if unknown:
            return tuple(
                Refusal(node.name, node.op.op_name(), "this back end does not know the op")
                for node in unknown
            )
        return refusals(core)

    def write(self, graph: Graph, options: Any) -> FileSet:
        return FileSet({FILE: build_model(_core(graph)).SerializeToString(deterministic=True)})

    def runners(self) -> tuple[Runner, ...]:
        return (QonnxRunner(),)


def _core(graph: Graph) -> Graph:
    """Core ops only, without those that no output needs."""
    return prepare(graph)
