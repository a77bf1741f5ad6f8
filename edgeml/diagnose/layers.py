"""Each layer of the exact graph: its losses on samples, and the score with it alone, or all others, in float.

Invariant: a layer's weights are in float where the Keras model is there, whose latent weights they are; its
inputs and casts always are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeml.diagnose.result import CastLoss, LayerDiagnosis
from edgeml.diagnose.score import Floats, ScoreJudge, outputs_of
from edgeml.diagnose.variants import can_be_float, in_float, lossy
from edgeml.errors import EdgemlError
from edgeml.fixed import Overflow
from edgeml.ir import Graph
from edgeml.ir.ops.cast import Cast
from edgeml.presets import Lowering
from edgeml.report.sections.layers.statistics import measure


@dataclass(frozen=True, eq=False)
class Patient:
    """A model whose integers are looked into.

    Args:
        graph: its exact graph.
        model: the Keras model that it was lowered from; None if there is none.
        lowering: the settings of the lowering.
        x: floats (samples, ...).
    """

    graph: Graph
    model: Any
    lowering: Lowering
    x: Floats

    def layers(self) -> tuple[str, ...]:
        """The layers that round something, in the graph's order."""
        weighted = self.weighted()
        owners = {node.layer for node in lossy(self.graph)} | set(weighted)
        return tuple(dict.fromkeys(node.layer for node in self.graph.nodes if node.layer in owners))

    def weighted(self) -> tuple[str, ...]:
        """The layers with quantized weights."""
        if self.model is None:
            return ()
        from edgeml.keras.fine import weighted_layers

        return weighted_layers(self.model)

    def variant(self, layers: Collection[str]) -> Graph:
        """The graph with these layers in float.

        Raises:
            EdgemlError: it needs more than 63 bits.
        """
        graph = self.graph
        fine = [name for name in self.weighted() if name in layers]
        if fine:
            from edgeml.keras.fine import fine_weights
            from edgeml.keras.lower import lower_model

            with fine_weights(self.model, fine):
                graph = lower_model(self.model, graph.name, options=self.lowering).graph
        return in_float(graph, {node.name for node in lossy(graph) if node.layer in layers}, self.x)


def losses(patient: Patient) -> dict[str, tuple[CastLoss, ...]]:
    """The losses of every input and cast on the samples, by layer."""
    graph = patient.graph
    by_layer: dict[str, list[CastLoss]] = {}
    rows = {row.name: row for row in measure(graph, {graph.inputs[0]: patient.x})[0]}
    for node in lossy(graph):
        row = rows[node.name]
        share = 0.0 if row.saturated is None or row.saturated.value is None else float(row.saturated.value)
        wraps = isinstance(node.op, Cast) and node.op.overflow is Overflow.WRAP
        dropped = 0
        if isinstance(node.op, Cast):
            source = np.asarray(graph.info(node.inputs[0]).type.frac)
            dropped = max(0, int(np.max(source - np.asarray(node.op.to.frac))))
        sqnr = None if row.sqnr_db is None else row.sqnr_db.value
        by_layer.setdefault(node.layer, []).append(
            CastLoss(
                value=node.name,
                type=row.type,
                saturated=0.0 if wraps else share,
                wrapped=share if wraps else 0.0,
                low_bits=dropped,
                sqnr_db=None if sqnr is None else float(sqnr),
            )
        )
    return {layer: tuple(casts) for layer, casts in by_layer.items()}


def diagnose_layers(
    patient: Patient, judge: ScoreJudge, tell: Callable[[str], None]
) -> tuple[LayerDiagnosis, ...]:
    """A row per layer that rounds something.

    A variant that needs more bits than 63 has no score, with the reason.
    """
    names, lost, weighted = patient.layers(), losses(patient), patient.weighted()
    rows: list[LayerDiagnosis] = []
    for name in names:
        tell(f"{name} in float, and alone quantized")
        scores: list[float | None] = []
        reason = ""
        for layers in ({name}, set(names) - {name}):
            try:
                graph = patient.variant(layers)
                scores.append(judge.score(graph, outputs_of(graph, patient.x)))
            except EdgemlError as error:
                scores.append(None)
                reason = str(error)
        nodes = [node for node in lossy(patient.graph) if node.layer == name]
        if not reason and nodes and not any(can_be_float(patient.graph, node) for node in nodes):
            reason = "its values are the index of a table, which stays as it is"
        rows.append(
            LayerDiagnosis(
                layer=name,
                casts=lost.get(name, ()),
                weights=name in weighted,
                only_float=scores[0],
                only_quantized=scores[1],
                reason=reason,
            )
        )
    return tuple(rows)
