"""The top of the page: the answers, and the model's size against that of its baseline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeml.report.sections.accuracy.view import has_accuracy
from edgeml.report.sections.summary.answer import Answer, answer
from edgeml.report.sections.summary.facts import SummaryFacts, SummaryRow
from edgeml.report.sections.weights.view import view as sizes_view
from edgeml.report.verdict import Urgency

if TYPE_CHECKING:
    from edgeml.report.facts import Facts
    from edgeml.report.sections.hardware.facts import BoardFacts


@dataclass(frozen=True)
class SummaryView:
    """The `view` of the templates of the summary.

    Attributes:
        answer: the first screen.
        ratio: how many times smaller the constants are than in float32; None if that is not known.
        classes: the task has an accuracy.
    """

    answer: Answer
    ratio: float | None
    classes: bool


def view(facts: Facts) -> SummaryView:
    """The answers, the ratio, and whether the task has an accuracy."""
    return SummaryView(answer(facts), sizes_view(facts).ratio, has_accuracy(facts))


def page_title(facts: Facts) -> str:
    """The title of the page in a browser."""
    return f"{facts.part(SummaryFacts).run}: {answer(facts).text}"


def headline(facts: Facts) -> tuple[str, ...]:
    """Settings that were changed since training, and what is to be done, the worst first."""
    changed = facts.part(SummaryFacts).changed
    urgent = [one for one in facts.verdicts if one.severity is not Urgency.ADVICE]
    return (*([changed] if changed else []), *(f"{one.text} {one.remedy}" for one in urgent))


def row(facts: Facts, board: BoardFacts | None) -> SummaryRow:
    """The model and the data of a run in a comparison."""
    del board
    own = facts.part(SummaryFacts)
    return SummaryRow(
        model=own.model,
        summary=own.summary,
        graph=own.graph,
        seed=own.seed,
        settings=own.settings,
        data=own.data.name,
        checksum=own.data.checksum,
        note=own.data.note,
        samples=own.samples,
    )
