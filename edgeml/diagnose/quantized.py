"""Changes of types of a model that was quantized after training, as `edgeml quantize --set` makes them.

A width is tried by changing the type of the input or the result in the exact graph, its point being chosen
by the run's own calibration method. Quantizing again rounds weights and biases anew as well.

Invariant: the width of a trial is the one that its setting states.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from edgeml.diagnose.changes import Candidate
from edgeml.diagnose.layers import Patient
from edgeml.diagnose.result import LayerDiagnosis
from edgeml.diagnose.variants import retyped
from edgeml.fixed import FixedType, to_float
from edgeml.ir import Graph, evaluate_codes, input_codes
from edgeml.presets.rounding import MOST_BITS
from edgeml.ptq import methods
from edgeml.ptq.emit import BEHIND
from edgeml.ptq.histogram import TensorHistogram

_SAMPLES = 64
"""Samples that a point is chosen on."""


@dataclass(frozen=True, eq=False)
class QuantizedModel:
    """A model that was quantized after training.

    Args:
        patient: the model.
        method: of calibration.
        types: by setting, the value whose type it changes, and the type.
    """

    patient: Patient
    method: str
    types: dict[str, tuple[str, FixedType]] = field(default_factory=dict)

    def candidates(self, rows: tuple[LayerDiagnosis, ...]) -> Iterator[Candidate]:
        """One and two bits more for the input and for results."""
        graph = self.patient.graph
        x = self.patient.x[:_SAMPLES]
        casts = [cast.value for row in rows for cast in row.casts]
        sources = {name: source for name in casts for source in graph.node(name).inputs[:1]}
        codes = evaluate_codes(graph, input_codes(graph, x), list(sources.values()))
        choose = methods.load(self.method).choose
        for row in rows:
            for cast in row.casts:
                kind, name = graph.info(cast.value).scalar, row.layer.removesuffix(BEHIND)
                source = sources.get(cast.value)
                values = x if source is None else to_float(codes[source], graph.info(source).type.frac)
                histogram = TensorHistogram.of(values)
                key = "inputs" if row.layer in graph.inputs else f"layers.{name}.activations"
                for bits in range(kind.width + 1, min(kind.width + 2, MOST_BITS) + 1):
                    changed = FixedType(kind.signed, bits, choose(histogram, bits, kind.signed))
                    setting = f"quantize.{key}={bits}"
                    self.types[setting] = (cast.value, changed)
                    yield Candidate(row.layer, (setting,), f"{name}: {kind} becomes {changed}", self.graph)

    def graph(self, settings: tuple[str, ...]) -> Graph:
        """The exact graph with the types of some settings.

        Raises:
            EdgemlError: it does not verify.
        """
        graph = self.patient.graph
        for setting in settings:
            graph = retyped(graph, *self.types[setting])
        return graph
