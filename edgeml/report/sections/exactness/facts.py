"""Facts of the check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from edgeml.checks.result import Check
from edgeml.documents import Record
from edgeml.prove.result import Verdict
from edgeml.report.section import RunPart, SectionFacts, Status


class ProofVerdict(Record):
    """The verdict of `edgeml prove` on an artefact.

    Attributes:
        verdict: proven, refuted, not-proven or not-run.
        reason: what is missing or what differs; of a proven artefact what another tool says of it.
    """

    verdict: Verdict
    reason: str = ""


class ExactnessFacts(SectionFacts):
    """Facts of the check.

    Attributes:
        exactness: check.json, as far as the folder vouches for it.
        every_input: the verdicts of prove.json by executor, as far as the folder vouches for them.
    """

    may_be_missing: ClassVar[tuple[str, ...]] = ("exactness",)

    exactness: Check | None = None
    every_input: Mapping[str, ProofVerdict] = {}


class ExactnessVerdict(Record):
    """The verdict of the check on the whole run, in a line."""

    status: Status
    text: str
    detail: str = ""


class ExactnessRow(RunPart):
    """The verdict of the check on a run."""

    verdict: ExactnessVerdict
