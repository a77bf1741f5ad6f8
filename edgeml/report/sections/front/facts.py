"""Facts of a front of checkpoints."""

from __future__ import annotations

from typing import ClassVar

from edgeml.report.section import SectionFacts
from edgeml.training.small.front import Checkpoint


class FrontFacts(SectionFacts):
    """Facts of a front of checkpoints.

    Attributes:
        front: the checkpoints, the cheapest first.
        front_unit: of their costs.
        front_taken: the number of the one that is the run's model, counted from 1; 0 without a front.
        front_notes: sentences about a training that went too far, or a front of one point.
    """

    may_be_missing: ClassVar[tuple[str, ...]] = ("front",)

    front: tuple[Checkpoint, ...] = ()
    front_unit: str = ""
    front_taken: int = 0
    front_notes: tuple[str, ...] = ()
