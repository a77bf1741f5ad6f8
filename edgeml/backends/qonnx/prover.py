"""The stages of qonnx.onnx."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from edgeml.backends.qonnx.runner import FILE, QonnxRunner, constants_of, execute, load_model, places_of
from edgeml.files import read_bytes
from edgeml.ir import Graph
from edgeml.stages import ArtefactStage, CodedInput, Prover, QuantizerStage
from edgeml.stages.model import CutModel

if TYPE_CHECKING:
    import onnx

_BATCH = 256


class QonnxProver(Prover):
    """Cuts the file at the tensors that its metadata names; the qonnx package runs the stages."""

    covers: ClassVar[str] = (
        "the qonnx package computes what the operators' specification says: a float32 sum whose partial sums "
        "are all exact exactly, rounding and comparison exactly, alone as in the whole model"
    )

    def missing(self) -> str:
        return QonnxRunner().available()

    def stages(self, folder: Path, graph: Graph) -> Iterator[ArtefactStage | QuantizerStage | CodedInput]:
        return self.coarser(folder, graph, ())

    def coarser(
        self, folder: Path, graph: Graph, hidden: Sequence[str]
    ) -> Iterator[ArtefactStage | QuantizerStage | CodedInput]:
        path = folder / FILE
        model = load_model(read_bytes(path, "QONNX model"), str(path))
        from onnx.reference import ReferenceEvaluator

        places, outputs = places_of(model, graph, str(path))

        def run(part: onnx.ModelProto, feeds: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
            names = [port.name for port in part.graph.output]
            batches: list[list[NDArray[Any]]] = []
            if not feeds:  # a constant
                evaluator: Any = ReferenceEvaluator(part)
                return evaluator.run(None, {})
            count = next(iter(feeds.values())).shape[0]
            for start in range(0, count, _BATCH):
                some = {name: np.asarray(x[start : start + _BATCH], np.float32) for name, x in feeds.items()}
                with np.errstate(over="ignore"):  # the package divides the largest floats by the scale
                    context = execute(part, some, str(path))
                batches.append([context[name] for name in names])
            return [np.concatenate(parts) for parts in zip(*batches, strict=True)]

        folded = constants_of(model, str(path))
        return CutModel(model, places, outputs, run, str(path), folded).stages(graph, hidden)
