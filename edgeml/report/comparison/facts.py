"""The contents of a comparison of runs: schema 1 of comparison.json.

`RunRow` is made of what the sections put into it, see `edgeml.report.section.Compared`.

Invariant: numbers are those of the runs' own reports, with their sources. Accuracies compare only over the
same test samples, so runs are grouped by the checksum of their data; nothing is ranked across groups.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeVar

from pydantic import Field, create_model

from edgeml.documents import Document
from edgeml.report import sections
from edgeml.report.section import RunPart
from edgeml.report.sections.hardware.facts import BoardFacts
from edgeml.report.sections.summary.facts import SummaryRow

RowT = TypeVar("RowT", bound=RunPart)


class RunIdentity(RunPart):
    """The fields of every run, whichever sections there are.

    Attributes:
        key: a letter, in charts and tables.
        label: name of its folder.
        link: of its report.html, seen from the comparison; "" if there is none.
    """

    key: str
    label: str
    link: str

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    def part(self, kind: type[RowT]) -> RowT:
        """This row under the type of what one section put into it.

        Raises:
            TypeError: that section is not in the comparison.
        """
        if not isinstance(self, kind):
            raise TypeError(f"{kind.__name__} is not part of the comparison")
        return self


if TYPE_CHECKING:
    RunRow = RunIdentity
else:
    _PARTS = [section.compared.row for section in sections.every().values() if section.compared]
    RunRow = create_model("RunRow", __base__=(*reversed(_PARTS), RunIdentity), __module__=__name__)


class Comparison(Document):
    """A whole comparison.

    Attributes:
        board: what hardware is compared on; None if the runs have none in common.
        runs: in the order they were given.
        version: of edgeml.
    """

    what: ClassVar[str] = "comparison of runs"
    remedy: ClassVar[str] = "run edgeml report with the runs again"

    schema_: Literal[1] = Field(default=1, alias="schema")
    version: str
    board: BoardFacts | None
    runs: tuple[RunRow, ...]

    def groups(self) -> tuple[tuple[RunRow, ...], ...]:
        """Runs that compare: those of one data set and split."""
        by: dict[str, list[RunRow]] = {}
        for run in self.runs:
            by.setdefault(run.part(SummaryRow).checksum, []).append(run)
        return tuple(tuple(rows) for rows in by.values())
