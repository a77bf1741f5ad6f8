"""The subject of rules: a model before its training, after it, or as a file of somebody else's.

Invariant: a part that is not there has a reason, and reading it all the same is a fault of the rule that did
not declare it (`LookupError`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from edgeml.ir import Graph
from edgeml.lint.observed import Observed, observe
from edgeml.presets import Lowering, Targets

if TYPE_CHECKING:
    from edgeml.backends.hls4ml.layer import Hls4mlLayer
    from edgeml.keras.topology import Topology
    from edgeml.report.sections.layers.facts import ValueStatistics

Floats = NDArray[np.floating[Any]]
Labels = NDArray[np.int64]
T = TypeVar("T")


class SubjectPart(StrEnum):
    """A part of a subject."""

    NETWORK = "a Keras model"
    GRAPH = "the exact graph"
    LOSS = "the loss that it was trained with"
    SAMPLES = "data"
    LABELS = "labels"
    TRAINED = "trained weights"
    HLS4ML = "an hls4ml project"


@dataclass(frozen=True)
class Missing:
    """Stands for a part that a subject does not have.

    Args:
        reason: the reason, a sentence without its subject.
    """

    reason: str


@dataclass(frozen=True)
class TrainingLoss:
    """The loss of a training.

    Args:
        name: as Keras calls it, "categorical_crossentropy".
        from_logits: it takes the model's output for logits.
    """

    name: str
    from_logits: bool


@dataclass(frozen=True)
class LabelledClasses:
    """The classes of the samples.

    Args:
        y: of every sample, shape (samples,).
        names: of the classes.
    """

    y: Labels
    names: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Subject:
    """A model with all that is known about it; every part may be missing, with the reason.

    Args:
        name: of the model.
        network_part: the calls of its layers, of a Keras model.
        graph_part: the exact graph; of an untrained preset with its initial weights.
        lowering_error: why the Keras model cannot be lowered; "" if it can be.
        loss_part: what it was trained with.
        samples_part: floats (samples, ...) as its one input takes them.
        labels_part: their classes.
        trained_part: true if the weights are trained.
        lowering: the settings of its lowering.
        targets: what it is built for.
    """

    name: str
    network_part: Topology | Missing
    graph_part: Graph | Missing
    samples_part: Floats | Missing
    labels_part: LabelledClasses | Missing
    loss_part: TrainingLoss | Missing
    trained_part: bool | Missing
    lowering_error: str = ""
    lowering: Lowering = field(default_factory=Lowering)
    targets: Targets = field(default_factory=Targets)

    def lacks(self, need: SubjectPart) -> str:
        """The reason why a part is not there; "" if it is."""
        part = {
            SubjectPart.NETWORK: self.network_part,
            SubjectPart.GRAPH: self.graph_part,
            SubjectPart.SAMPLES: self.samples_part,
            SubjectPart.LABELS: self.labels_part,
            SubjectPart.LOSS: self.loss_part,
            SubjectPart.TRAINED: self.trained_part,
            SubjectPart.HLS4ML: self._hls4ml_part if need is SubjectPart.HLS4ML else None,
        }[need]
        return part.reason if isinstance(part, Missing) else ""

    @property
    def network(self) -> Topology:
        """The calls of the layers."""
        return _there(self.network_part)

    @property
    def graph(self) -> Graph:
        """The exact graph."""
        return _there(self.graph_part)

    @property
    def samples(self) -> Floats:
        """Floats (samples, ...)."""
        return _there(self.samples_part)

    @property
    def labels(self) -> LabelledClasses:
        """The classes of the samples."""
        return _there(self.labels_part)

    @property
    def loss(self) -> TrainingLoss:
        """The settings that it was trained with."""
        return _there(self.loss_part)

    @property
    def hls4ml(self) -> tuple[Hls4mlLayer, ...]:
        """The layers of its hls4ml project."""
        return _there(self._hls4ml_part)

    @cached_property
    def observed(self) -> Observed:
        """The values of the graph on the samples."""
        return observe(self.graph, self.samples)

    @cached_property
    def statistics(self) -> tuple[ValueStatistics, ...]:
        """The effect of the graph's casts on the samples."""
        from edgeml.report.sections.layers.statistics import measure

        return measure(self.graph, {self.graph.inputs[0]: self.samples})[0]

    @cached_property
    def _hls4ml_part(self) -> tuple[Hls4mlLayer, ...] | Missing:
        """Layers of the project, or why there is none."""
        from edgeml.backends.hls4ml.planner import plan_graph
        from edgeml.errors import EdgemlError
        from edgeml.passes import prepare

        if isinstance(self.graph_part, Missing):
            return self.graph_part
        try:
            plan = plan_graph(prepare(self.graph_part), "Vitis", self.targets.io_type, "myproject")
        except EdgemlError as error:
            return Missing(str(error))
        if plan.refusals:
            return Missing(f"hls4ml cannot express {plan.refusals[0].op}: {plan.refusals[0].reason}")
        return plan.layers


def _there(part: T | Missing) -> T:
    if isinstance(part, Missing):
        raise LookupError(f"the rule reads a part that it does not declare: {part.reason}")
    return part
