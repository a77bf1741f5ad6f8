"""Facts of a quantization after training."""

from __future__ import annotations

from typing import ClassVar

from edgeml.ptq.record import QuantizationRecord
from edgeml.report.section import SectionFacts


class SensitivityFacts(SectionFacts):
    """Facts of a quantization after training.

    Attributes:
        ptq: the content of quantize.json.
    """

    may_be_missing: ClassVar[tuple[str, ...]] = ("ptq",)

    ptq: QuantizationRecord | None = None
