"""The back end: options, refusals, the file qdq.onnx."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from edgeml.backend import Backend, Refusal, Runner
from edgeml.backends.onnx.lowering import build_model
from edgeml.backends.onnx.plan import EMITTERS, CarrierPlan
from edgeml.backends.qdq.lowering import QDQ
from edgeml.backends.qdq.plan import plain_plan
from edgeml.backends.qdq.prover import QdqProver
from edgeml.backends.qdq.runner import FILE, QdqRunner
from edgeml.deviations import Deviation
from edgeml.deviations.model import compare_models
from edgeml.files import FileSet, read_bytes
from edgeml.ir import Graph
from edgeml.onnx_model import missing_onnx
from edgeml.passes.split_sums import SplitSums
from edgeml.settings import Settings, parse_settings


class QdqOptions(Settings):
    """There are no options: the integer types follow from the graph."""


class QdqBackend(Backend):
    """Standard ONNX with QuantizeLinear and DequantizeLinear, bit-equal to the hardware."""

    name: ClassVar[str] = "qdq"
    folder: ClassVar[str] = "onnx"
    summary: ClassVar[str] = "integer ONNX model (QDQ) of standard ops, for runtimes and NPUs"

    def missing(self) -> str:
        return missing_onnx()

    def options(self, settings: Mapping[str, Any]) -> QdqOptions:
        return parse_settings(QdqOptions, settings, "qdq")

    def unknown(self, core: Graph) -> tuple[Refusal, ...]:
        """The nodes whose op the exact model cannot express, which writes all but a few ops of this one."""
        return EMITTERS.unknown(core)

    def plan(self, core: Graph, options: Any) -> CarrierPlan:
        return plain_plan(SplitSums().apply(core))

    def write(self, graph: Graph, plan: CarrierPlan, options: Any) -> FileSet:
        return FileSet({FILE: build_model(graph, plan, QDQ).SerializeToString(deterministic=True)})

    def compare_files(self, folder: Path, graph: Graph) -> tuple[Deviation, ...]:
        content = read_bytes(folder / FILE, "ONNX model")
        return tuple(compare_models(FILE, content, self.emit(graph)[FILE]))

    def runners(self) -> tuple[Runner, ...]:
        return (QdqRunner(),)

    def prover(self) -> QdqProver:
        return QdqProver()
