"""The result of a diagnosis, as `--json` shows it.

Invariant: a figure that could not be measured is None and has a reason.
"""

from __future__ import annotations

from edgeml.diagnose.score import Measure
from edgeml.documents import Record


class CastLoss(Record):
    """An input or a cast, on the samples.

    Attributes:
        value: its name in the graph.
        type: its type.
        saturated: share of elements that were clipped.
        wrapped: share of elements that wrapped around.
        low_bits: bits below its LSB that its value had.
        sqnr_db: signal to quantization noise; None if nothing was lost, or all is zero.
    """

    value: str
    type: str
    saturated: float
    wrapped: float
    low_bits: int
    sqnr_db: float | None


class LayerDiagnosis(Record):
    """One layer.

    Attributes:
        layer: its name.
        casts: its inputs and casts.
        weights: true if it has quantized weights that were tried in float.
        only_float: score when this layer alone is in float.
        only_quantized: score when every other layer is in float.
        reason: why a score is None.
    """

    layer: str
    casts: tuple[CastLoss, ...]
    weights: bool
    only_float: float | None = None
    only_quantized: float | None = None
    reason: str = ""


class TypeChange(Record):
    """A change of types that was tried on the exact graph.

    Attributes:
        settings: what to set, "quantizers.layers.act1.activations.integer=3"; empty if the model's own code
            has to be changed.
        text: the change in words.
        score: on the test samples, with this change alone.
        gain: over the run as it is.
        bit_operations: of the changed graph, relative to the run: 1.05 are five percent more.
    """

    settings: tuple[str, ...]
    text: str
    score: float
    gain: float
    bit_operations: float


class ArtefactMismatch(Record):
    """An artefact that differs from the reference, from check.json.

    Attributes:
        artefact: the row of the check.
        op: the first op that differs.
        layer: its layer.
        element: sample, then position.
        expected: the reference's code.
        got: the artefact's code.
        cause: in words.
    """

    artefact: str
    op: str
    layer: str
    element: tuple[int, ...]
    expected: int | None
    got: int | None
    cause: str


class Diagnosis(Record):
    """The reasons why a run's integers are worse than floats.

    Attributes:
        run: its name.
        samples: test samples that all scores are of.
        measure: what a score is.
        float_baseline: score of the separately trained float model; None if there is none.
        in_float: score of the quantized model's graph with all layers in float.
        fixed: score of the exact graph.
        layers: in the graph's order.
        changes: what wins score back, cheapest first; each was tried alone.
        together: the cheapest changes at once, if that is better than each alone.
        tried: how many changes were tried.
        mismatches: artefacts that differ from the reference.
        not_run: what was left out, and why.
    """

    run: str
    samples: int
    measure: Measure
    float_baseline: float | None
    in_float: float
    fixed: float
    layers: tuple[LayerDiagnosis, ...]
    changes: tuple[TypeChange, ...]
    together: TypeChange | None
    tried: int
    mismatches: tuple[ArtefactMismatch, ...]
    not_run: tuple[str, ...]

    @property
    def gap(self) -> float:
        """The score that the better of the two float models has more than the exact graph; 0 if none."""
        return max(0.0, max(self.in_float, self.float_baseline or 0.0) - self.fixed)
