"""The content of a report: the facts of all its sections together, typed, frozen, schema 2 of report.json.

`Facts` is made of the sections' own classes: `facts.accuracy` is a field of the section that declares it, and
`facts.part(AccuracyFacts)` is the same object under that section's type.

Invariant: nothing is absent without a reason and nothing present is without a source. A number that could not
be had is a `Number` with a reason instead of a value; a field that could not be had is None (or empty) and
`missing` says why. No NaN, no infinity, no zero that stands for "unknown".

To add a fact, add a field to the facts of its section; if it may be absent, name it in `may_be_missing`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

from pydantic import Field, create_model

from edgeml.documents import Document
from edgeml.report import sections
from edgeml.report.section import SectionFacts
from edgeml.report.verdict import RunVerdict

PartT = TypeVar("PartT", bound=SectionFacts)


class ReportFacts(SectionFacts, Document):
    """The facts that every report has.

    Attributes:
        failed: by section, why it could not be collected.
        verdicts: what is to be done about the run, the worst first; see `edgeml.report.verdicts`.
    """

    what: ClassVar[str] = "report"
    remedy: ClassVar[str] = "run edgeml report again"
    last: ClassVar[tuple[str, ...]] = ("missing", "failed", "verdicts")

    schema_: Literal[2] = Field(default=2, alias="schema")
    failed: Mapping[str, str] = {}
    verdicts: tuple[RunVerdict, ...] = ()

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def part(self, kind: type[PartT]) -> PartT:
        """These facts under the type of one section.

        Raises:
            TypeError: that section is not in the report.
        """
        if not isinstance(self, kind):
            raise TypeError(f"{kind.__name__} is not a section of the report")
        return self

    def headline(self) -> tuple[str, ...]:
        """A few lines for a terminal: the verdict, the accuracies, the size, and sections that failed."""
        lines = [line for section in sections.every().values() for line in section.headline(self)]
        lines += [f"{name}: not available, {reason}" for name, reason in self.failed.items()]
        return tuple(lines)


def composed(parts: Sequence[type[SectionFacts]]) -> type[ReportFacts]:
    """A class with the fields of all parts.

    Raises:
        TypeError: two parts declare one field.
    """
    owners: dict[str, type] = {}
    for part in parts:
        for name in part.model_fields:
            if name in SectionFacts.model_fields:
                continue
            if name in owners or name in ReportFacts.model_fields:
                other = owners.get(name, ReportFacts).__name__
                raise TypeError(f"{part.__name__} and {other} both declare {name}")
            owners[name] = part
    # Pydantic takes the fields of the last base first.
    bases: tuple[Any, ...] = (ReportFacts, *reversed(parts))
    return create_model("Facts", __base__=bases, __module__=__name__)


if TYPE_CHECKING:
    Facts = ReportFacts
else:
    Facts = composed([section.facts for section in sections.every().values()])
