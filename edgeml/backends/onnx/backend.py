"""The back end: options, refusals, the file exact.onnx."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from edgeml.backend import Backend, Runner
from edgeml.backends.onnx.lowering import build_model, plan_of_core
from edgeml.backends.onnx.plan import CarrierPlan
from edgeml.backends.onnx.prover import OnnxProver
from edgeml.backends.onnx.runner import FILE, OnnxRunner
from edgeml.deviations import Deviation
from edgeml.deviations.model import compare_models
from edgeml.files import FileSet, read_bytes
from edgeml.ir import Graph
from edgeml.onnx_model import missing_onnx
from edgeml.settings import Settings, parse_settings


class OnnxOptions(Settings):
    """There are no options: the carriers and the order of ops follow from the graph."""


class OnnxBackend(Backend):
    """A plain ONNX model whose float arithmetic is exact."""

    name: ClassVar[str] = "onnx"
    folder: ClassVar[str] = "onnx"
    summary: ClassVar[str] = "exact ONNX model of standard ops, for ONNX Runtime"

    def missing(self) -> str:
        return missing_onnx()

    def options(self, settings: Mapping[str, Any]) -> OnnxOptions:
        return parse_settings(OnnxOptions, settings, "onnx")

    def plan(self, core: Graph, options: Any) -> CarrierPlan:
        return plan_of_core(core)

    def write(self, graph: Graph, plan: CarrierPlan, options: Any) -> FileSet:
        return FileSet({FILE: build_model(graph, plan).SerializeToString(deterministic=True)})

    def compare_files(self, folder: Path, graph: Graph) -> tuple[Deviation, ...]:
        content = read_bytes(folder / FILE, "ONNX model")
        return tuple(compare_models(FILE, content, self.emit(graph)[FILE]))

    def runners(self) -> tuple[Runner, ...]:
        return (OnnxRunner(),)

    def prover(self) -> OnnxProver:
        return OnnxProver()
