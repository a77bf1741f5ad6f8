"""Facts of the float baseline rounded after training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from edgeml.documents import Record
from edgeml.figures import Hardware
from edgeml.report.numbers import Number
from edgeml.report.section import RunPart, SectionFacts

POST_TRAINING_NAMES: Mapping[str, str] = {"own": "PTQ, same types", "calibrated": "PTQ, calibrated"}
"""Names of the float baseline rounded after training, by its types."""


class PostTrainingResult(Record):
    """The float baseline rounded to the run's widths without training for them, as an exact graph.

    Attributes:
        types: "own": the types of the run itself; "calibrated": their binary points moved to where the
            baseline needs them, see `edgeml.training.post_training`.
        graph: SHA-256 of the graph, "" if it could not be made.
        moved: the types that were moved, a few words each.
        accuracy: share of the test samples that the graph classifies right.
        agreement: share of them on which it says the same class as the float baseline.
        weight_bits: as in `ModelSizes`.
        bops: as in `ModelSizes`.
        hardware: estimates of its designs on the run's target board; it was neither exported nor run.
    """

    types: Literal["own", "calibrated"]
    graph: str = ""
    moved: tuple[str, ...] = ()
    accuracy: Number
    agreement: Number
    weight_bits: Number
    bops: Number
    hardware: tuple[Hardware, ...] = ()


class WaysFacts(SectionFacts):
    """Facts of the float baseline rounded after training.

    Attributes:
        post_training: at the run's own types, and calibrated.
    """

    may_be_missing: ClassVar[tuple[str, ...]] = ("post_training",)

    post_training: tuple[PostTrainingResult, ...] = ()


class PostTrainingRow(RunPart):
    """Accuracy of a run's float baseline rounded after training, by its types."""

    post_training: Mapping[str, Number] = {}
