"""The top of the page: the verdict, and the model's size against that of its baseline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeml.report.sections.exactness.facts import ExactnessVerdict
from edgeml.report.sections.exactness.view import verdict
from edgeml.report.sections.summary.facts import SummaryFacts, SummaryRow
from edgeml.report.sections.weights.view import view as sizes_view

if TYPE_CHECKING:
    from edgeml.report.facts import Facts
    from edgeml.report.sections.hardware.facts import BoardFacts


@dataclass(frozen=True)
class SummaryView:
    """The `view` of the templates of the summary.

    Attributes:
        verdict: on the integers of the whole run.
        ratio: how many times smaller the constants are than in float32; None if that is not known.
    """

    verdict: ExactnessVerdict
    ratio: float | None


def view(facts: Facts) -> SummaryView:
    """The verdict and the ratio."""
    return SummaryView(verdict(facts), sizes_view(facts).ratio)


def page_title(facts: Facts) -> str:
    """The title of the page in a browser."""
    return f"{facts.part(SummaryFacts).model}: {verdict(facts).text}"


def headline(facts: Facts) -> tuple[str, ...]:
    """The sentence on settings that were changed since training; none if none were."""
    changed = facts.part(SummaryFacts).changed
    return (changed,) if changed else ()


def row(facts: Facts, board: BoardFacts | None) -> SummaryRow:
    """The model and the data of a run in a comparison."""
    del board
    own = facts.part(SummaryFacts)
    return SummaryRow(
        model=own.model,
        summary=own.summary,
        graph=own.graph,
        data=own.data.name,
        checksum=own.data.checksum,
        note=own.data.note,
        samples=own.samples,
    )
