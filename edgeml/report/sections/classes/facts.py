"""Facts of the single classes."""

from __future__ import annotations

from typing import ClassVar

from edgeml.documents import Record
from edgeml.report.numbers import Number
from edgeml.report.section import SectionFacts


class ClassFacts(Record):
    """One class under the exact graph's predictions; `support` counts its test samples."""

    name: str
    precision: Number
    recall: Number
    f1: Number
    support: int


class Confusion(Record):
    """counts[i][j]: test samples of class i that the exact graph calls class j."""

    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


class ClassesFacts(SectionFacts):
    """Facts of the single classes, over all test samples.

    Attributes:
        per_class: a row per class.
        confusion: which class is taken for which.
    """

    may_be_missing: ClassVar[tuple[str, ...]] = ("per_class", "confusion")

    per_class: tuple[ClassFacts, ...] = ()
    confusion: Confusion | None = None
