"""The stages of exact.onnx."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from numpy.typing import NDArray

from edgeml.backends.onnx.lowering import output_tensor
from edgeml.backends.onnx.runner import FILE, places_of
from edgeml.backends.onnx.session import available, open_session, run_session
from edgeml.files import read_bytes
from edgeml.ir import Graph
from edgeml.onnx_model import parse_onnx
from edgeml.reading import refusing
from edgeml.stages import ArtefactStage, CodedInput, Prover, QuantizerStage
from edgeml.stages.model import CutModel, Executor, constants_in

if TYPE_CHECKING:
    import onnx


class OnnxProver(Prover):
    """Cuts the file at the tensors that its metadata names; ONNX Runtime runs the stages."""

    file: ClassVar[str] = FILE
    config: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """Settings of the session, those of the runner."""

    covers: ClassVar[str] = (
        "ONNX Runtime computes what the operators' specification says: a sum whose partial sums are all "
        "exact floats exactly, rounding and comparison exactly, alone as in the whole model"
    )

    def missing(self) -> str:
        return available()

    def stages(self, folder: Path, graph: Graph) -> Iterator[ArtefactStage | QuantizerStage | CodedInput]:
        return self.coarser(folder, graph, ())

    def coarser(
        self, folder: Path, graph: Graph, hidden: Sequence[str]
    ) -> Iterator[ArtefactStage | QuantizerStage | CodedInput]:
        path = folder / self.file
        model = parse_onnx(read_bytes(path, "exact ONNX model"), str(path))
        places = places_of(model, graph, list(graph.infos), str(path))
        outputs = {name: output_tensor(graph, name) for name in graph.outputs}
        folded = _folded(model, str(path))
        execute = _executor(str(path), self.config)
        return CutModel(model, places, outputs, execute, str(path), folded).stages(graph, hidden)


_EXACT = ("DequantizeLinear", "Identity", "Reshape", "Transpose")


def _folded(model: onnx.ModelProto, where: str) -> dict[str, NDArray[Any]]:
    """The tensors that nodes compute from constants alone without rounding: weights stored as integers."""
    from onnx.reference import ReferenceEvaluator

    constants = constants_in(model, where)
    results: dict[str, NDArray[Any]] = {}
    for node in model.graph.node:
        names = [name for name in node.input if name]
        if node.op_type in _EXACT and not node.domain and all(name in constants for name in names):
            evaluator: Any = ReferenceEvaluator(node)
            with refusing(where, "has a node that cannot be understood", "export it again"):
                values = evaluator.run(None, {name: constants[name] for name in names})
            results |= dict(zip(node.output, values, strict=True))
            constants |= results
    return results


def _executor(where: str, config: Mapping[str, str]) -> Executor:
    """Runs models with ONNX Runtime; the session of the last one is kept, since a stage runs in batches."""
    last: list[tuple[onnx.ModelProto, Any]] = []

    def execute(model: onnx.ModelProto, feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        if not last or last[0][0] is not model:
            last[:] = [(model, open_session(model.SerializeToString(), where, config=config))]
        return run_session(last[0][1], [port.name for port in model.graph.output], feeds, where)

    return execute
