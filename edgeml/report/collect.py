"""The facts of a run folder, section by section.

Invariant: a section that cannot be collected is absent with the reason, and the others stand. Only a run
without an exact graph or without its data is refused. Any other exception is a fault of edgeml and is not
caught: a page must not hide it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from edgeml.errors import EdgemlError
from edgeml.estimate import EMPTY, Ledger
from edgeml.report import sections
from edgeml.report.facts import Facts
from edgeml.report.section import SectionFacts
from edgeml.report.source import RunSource
from edgeml.report.verdicts import judged

if TYPE_CHECKING:
    from edgeml.boards import Board
    from edgeml.runs import Run

Tell = Callable[[str], None]
"""Called with what begins."""


def _quiet(what: str) -> None:
    del what


def collect(run: Run, tell: Tell = _quiet, boards: Sequence[Board] = (), ledger: Ledger = EMPTY) -> Facts:
    """Everything a report of the run holds.

    Args:
        run: a trained and lowered run; what was exported and checked is in the report as well.
        tell: called with what begins.
        boards: to compare its designs on, beside its target; none: see `sections.hardware.collect`.
        ledger: earlier results of tools, which narrow the estimates.

    Raises:
        EdgemlError: there is no exact graph, or the data are missing or other ones.
    """
    source = RunSource.of(run, boards, ledger)
    parts: list[SectionFacts] = []
    failed: dict[str, str] = {}
    for name, section in sections.every().items():
        tell(section.title.lower() or name)
        try:
            parts.append(section.collect(source))
        except EdgemlError as error:
            if not section.title:  # what the report is about
                raise
            failed[name] = str(error)
            parts.append(section.facts.unavailable(failed[name]))
    return together(parts, failed)


def together(parts: Sequence[SectionFacts], failed: Mapping[str, str]) -> Facts:
    """The facts of all sections as one, and the verdicts on them.

    Args:
        parts: of every section.
        failed: by section, why it could not be collected.
    """
    values = {
        field.alias or name: getattr(part, name)
        for part in parts
        for name, field in type(part).model_fields.items()
        if name != "missing"
    }
    missing = {name: reason for part in parts for name, reason in part.missing.items()}
    facts = Facts.model_validate({**values, "missing": missing, "failed": failed})
    return facts.model_copy(update={"verdicts": judged(facts)})
