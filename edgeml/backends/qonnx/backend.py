"""The back end: options, refusals, the file qonnx.onnx."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from edgeml.backend import Backend, Runner
from edgeml.backends.qonnx.lowering import build_model
from edgeml.backends.qonnx.plan import QonnxPlan, make_plan
from edgeml.backends.qonnx.prover import QonnxProver
from edgeml.backends.qonnx.runner import FILE, QonnxRunner
from edgeml.deviations import Deviation
from edgeml.deviations.model import compare_models
from edgeml.files import FileSet, read_bytes
from edgeml.ir import Graph
from edgeml.onnx_model import missing_onnx
from edgeml.passes.split_sums import SplitSums
from edgeml.settings import Settings, parse_settings


class QonnxOptions(Settings):
    """There are no options: a QONNX model follows from the graph."""


class QonnxBackend(Backend):
    """Float ONNX with Quant nodes."""

    name: ClassVar[str] = "qonnx"
    folder: ClassVar[str] = "onnx"
    summary: ClassVar[str] = "QONNX model with Quant nodes, for FINN, hls4ml and the qonnx tools"

    def missing(self) -> str:
        return missing_onnx()

    def options(self, settings: Mapping[str, Any]) -> QonnxOptions:
        return parse_settings(QonnxOptions, settings, "qonnx")

    def plan(self, core: Graph, options: Any) -> QonnxPlan:
        return make_plan(SplitSums().apply(core))

    def write(self, graph: Graph, plan: QonnxPlan, options: Any) -> FileSet:
        return FileSet({FILE: build_model(graph, plan).SerializeToString(deterministic=True)})

    def compare_files(self, folder: Path, graph: Graph) -> tuple[Deviation, ...]:
        content = read_bytes(folder / FILE, "ONNX model")
        return tuple(compare_models(FILE, content, self.emit(graph)[FILE]))

    def runners(self) -> tuple[Runner, ...]:
        return (QonnxRunner(),)

    def prover(self) -> QonnxProver:
        return QonnxProver()
