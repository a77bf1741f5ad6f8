"""Facts of the sensitivity to pruning."""

from __future__ import annotations

from typing import ClassVar

from edgeml.report.section import SectionFacts
from edgeml.training.small.pruning_record import PruningSensitivity


class PruningFacts(SectionFacts):
    """Facts of the sensitivity to pruning.

    Attributes:
        pruning: the content of pruning.json.
    """

    may_be_missing: ClassVar[tuple[str, ...]] = ("pruning",)

    pruning: PruningSensitivity | None = None
