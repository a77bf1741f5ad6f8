"""The base of a report's section: its facts, their collection and their layout.

A section is one folder, `sections/<name>/`, whose `section.py` has `SECTION`; facts and collecting stand
there too, or in `facts.py` and `collect.py` if they are long or others import them. Beside it stand the
templates `page.html.j2` and `page.md.j2`; a section with a table of its own in a comparison of runs has
`compare.html.j2` and `compare.md.j2` as well. The page is the list of the folders in the order of `place`.

Invariant: a part that was forgotten is an error when the section is looked up: title, place, facts,
`collect` and `digest` have no default, and a folder with `view.py` or `charts.py` declares `view` or
`charts`. Templates lay out facts and the values that `view` derived from them, and compute nothing.

To add a section, add its folder. Nothing has to be registered; `tests/report/test_sections.py` finds it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import model_validator

from edgeml.documents import Record
from edgeml.report.numbers import Number, absent

if TYPE_CHECKING:
    from edgeml.report.comparison.facts import RunRow
    from edgeml.report.facts import Facts
    from edgeml.report.sections.hardware.facts import BoardFacts
    from edgeml.report.source import RunSource


class SectionFacts(Record):
    """The facts of one section; its fields are keys of report.json.

    Attributes:
        may_be_missing: the fields that may be empty or None, for which `missing` then has the reason.
        missing: the reasons, by field.
    """

    may_be_missing: ClassVar[tuple[str, ...]] = ()

    missing: Mapping[str, str] = {}

    @classmethod
    def optional(cls) -> tuple[str, ...]:
        """The fields that may be missing, those of all bases included."""
        names = (name for base in cls.__mro__ for name in vars(base).get("may_be_missing", ()))
        return tuple(dict.fromkeys(names))

    @classmethod
    def of(cls, reasons: Mapping[str, str], **values: Any) -> Self:
        """The facts, with the reason of every field that is empty.

        Args:
            reasons: why a field is empty or None, if it is, for each of `may_be_missing`.
            **values: the fields.
        """
        missing = {name: reason for name, reason in reasons.items() if not values.get(name)}
        return cls.model_validate({**values, "missing": missing})

    @classmethod
    def unavailable(cls, reason: str) -> Self:
        """The facts of a section that could not be collected: each number and field absent with the reason.

        Raises:
            TypeError: a required field is neither a number, made of numbers, nor in `may_be_missing`.
        """
        return cls.model_validate(_absent(cls, reason) | {"missing": dict.fromkeys(cls.optional(), reason)})

    @model_validator(mode="after")
    def _absent_has_reason(self) -> Self:
        for name in self.optional():
            if bool(getattr(self, name)) == bool(self.missing.get(name)):
                raise ValueError(f"{name} is neither there nor said to be missing, or both")
        if unknown := set(self.missing) - set(self.optional()):
            raise ValueError(f"missing names unknown sections: {', '.join(sorted(unknown))}")
        return self


def _absent(kind: type[Record], reason: str) -> dict[str, Any]:
    """Values of the required fields, every number in them absent."""
    values: dict[str, Any] = {}
    for name, field in kind.model_fields.items():
        if not field.is_required():
            continue
        declared = field.annotation
        if declared is Number:
            values[name] = absent(reason)
        elif isinstance(declared, type) and issubclass(declared, Record):
            values[name] = declared.model_validate(_absent(declared, reason))
        else:
            raise TypeError(f"{kind.__name__}.{name} has no value where its section is not available")
    return values


class RunPart(Record):
    """A section's share of the row of a run in a comparison; its fields are keys of comparison.json."""


def unless(field: str, reason: str) -> Callable[[Facts], bool]:
    """False for a run whose field is missing for this reason: `Section.applies` of what few runs have."""
    return lambda facts: facts.missing.get(field) != reason


@dataclass(frozen=True)
class TableCell:
    """A cell in the table of models.

    Attributes:
        content: a number with its source, or a status such as "exact".
        kind: how the number is written, see `edgeml.report.words.number`; or "status".
        note: a few words below it.
    """

    content: Any
    kind: str = "amount"
    note: str = ""


@dataclass(frozen=True)
class TableColumn:
    """A column in the table of models.

    Attributes:
        title: its head.
        cell: the cell of a run.
        hint: what the head means, a few words.
        numeric: the cells are numbers, not a status.
    """

    title: str
    cell: Callable[[RunRow], TableCell]
    hint: str = ""
    numeric: bool = True


@dataclass(frozen=True)
class Criterion:
    """A number by which runs of one data set are ranked, and against which their accuracy is drawn.

    Attributes:
        name: of it.
        best: title of the card that names the best run.
        kind: how the number is written, see `edgeml.report.words.number`.
        numbers: a run's numbers, each with the design that it is of, "" for the model itself.
        largest: the largest is the best, not the smallest.
        against: what a chart of the accuracy against it is called after; "" if there is no chart.
        axis: what stands at the axis of that chart.
    """

    name: str
    best: str
    kind: str
    numbers: Callable[[RunRow], Iterable[tuple[str, Number]]]
    largest: bool = False
    against: str = ""
    axis: str = ""


@dataclass(frozen=True, kw_only=True)
class Compared:
    """A section's part of a comparison of runs.

    Attributes:
        row: its fields of a run.
        take: those fields from the run's facts and the board that is compared on.
        columns: its columns in the table of models.
        criteria: what it ranks runs by.
        title: of its own table in the comparison, for which it has templates; "" if it has none.
        view: what those templates get as `view`, from the rows and the board.
    """

    row: type[RunPart]
    take: Callable[[Facts, BoardFacts | None], RunPart]
    columns: tuple[TableColumn, ...]
    criteria: tuple[Criterion, ...] = ()
    title: str = ""
    view: Callable[[tuple[RunRow, ...], BoardFacts | None], object] | None = None


@dataclass(frozen=True, kw_only=True)
class Section:
    """One section.

    Attributes:
        title: what it is called on the page; "" for what stands above all sections.
        place: where it stands: by rising numbers, no two equal.
        facts: its fields of report.json.
        collect: those fields from a run. An EdgemlError is shown in place of the section.
        digest: what it says in a line, from the facts of the whole report, for while it is folded; "" where
            its facts are missing.
        view: derives the values of its templates from the facts of the whole report; None if it needs none.
        charts: functions from facts to an SVG or "", in HTML templates by their names.
        headline: gives its lines for a terminal, from the facts of the whole report.
        compared: its part of a comparison; None if it has none.
        applies: false for a run that the section is not about, which then stands on no page.
    """

    title: str
    place: int
    facts: type[SectionFacts]
    collect: Callable[[RunSource], SectionFacts]
    digest: Callable[[Facts], str]
    view: Callable[[Facts], object] = lambda _: None
    charts: tuple[Callable[..., str], ...] = ()
    headline: Callable[[Facts], tuple[str, ...]] = lambda _: ()
    compared: Compared | None = None
    applies: Callable[[Facts], bool] = lambda _: True


Status = Literal["exact", "mismatch", "unknown"]
"""The verdict of a check on a whole run."""
