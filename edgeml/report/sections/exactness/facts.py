"""Facts of the check."""

from __future__ import annotations

from typing import ClassVar

from edgeml.checks.result import Check
from edgeml.documents import Record
from edgeml.report.section import RunPart, SectionFacts, Status


class ExactnessFacts(SectionFacts):
    """Facts of the check.

    Attributes:
        exactness: check.json, as far as the folder vouches for it.
    """

    may_be_missing: ClassVar[tuple[str, ...]] = ("exactness",)

    exactness: Check | None = None


class ExactnessVerdict(Record):
    """The verdict of the check on the whole run, in a line."""

    status: Status
    text: str
    detail: str = ""


class ExactnessRow(RunPart):
    """The verdict of the check on a run."""

    verdict: ExactnessVerdict
