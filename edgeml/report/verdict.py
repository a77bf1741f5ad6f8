"""The interface of a verdict kind: what it judges, and what can be done about it.

A kind is one file in `verdicts/` with `VERDICT`; the file's name with hyphens is its code.

Invariant: a kind judges the facts of the report and nothing else, so a page and its report.json say the same.
A remedy is tried: `tests/report/verdicts/` applies that of every kind and sees the verdict gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from edgeml.documents import Record

if TYPE_CHECKING:
    from edgeml.report.facts import Facts


class Urgency(StrEnum):
    """The severity of a verdict, the worst first."""

    BAD = "bad"
    """The result is wrong, or of no use."""

    CAUTION = "caution"
    """The result is worse than it could be, or not known to hold."""

    ADVICE = "advice"
    """Nothing is wrong; something can be spared or learnt."""


@dataclass(frozen=True)
class Judgement:
    """One place where a kind applies.

    Args:
        text: what is found, with its figures, a sentence.
        remedy: what to do about it, a sentence.
        command: the shell command that does it; "" if no single one does.
        settings: KEY=VALUE of the command, as `--set` takes them.
    """

    text: str
    remedy: str
    command: str = ""
    settings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class VerdictKind:
    """A kind of verdict. Nothing has a default.

    Args:
        severity: of its verdicts.
        title: what it is about, in a few words.
        section: the section of the report that has the details.
        find: (facts of a report) to what is found.

    Raises:
        ValueError: a text is empty.
    """

    severity: Urgency
    title: str
    section: str
    find: Callable[[Facts], Iterator[Judgement]]

    def __post_init__(self) -> None:
        """Refuse a kind that does not say what it is about."""
        if not self.title.strip() or not self.section.strip():
            raise ValueError("a verdict kind has a title and a section")


class RunVerdict(Record):
    """A verdict on a run.

    Attributes:
        code: its kind.
        severity: of its kind.
        title: of its kind.
        section: the section of the report that has the details.
        text: what is found.
        remedy: what to do about it.
        command: the shell command that does it; "" if no single one does.
        settings: KEY=VALUE of the command, as `--set` takes them.
    """

    code: str
    severity: Urgency
    title: str
    section: str
    text: str
    remedy: str
    command: str = ""
    settings: tuple[str, ...] = ()
