"""The interface of a lint rule: what it is called, why it matters, what to write instead, and how it is seen.

A rule is one file in `rules/` with `RULE`, a `Rule`; the file's name with hyphens is its code.

Invariant: a rule sees nothing but the parts that it declares. Where a subject lacks one of them
the rule is not run, and the reason is said; it never passes for that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from edgeml.lint.subject import Subject, SubjectPart


class Severity(StrEnum):
    """The weight of a rule's findings."""

    ERROR = "error"
    """The model cannot become integers, or its results are wrong; `edgeml lint` exits with 1."""

    WARNING = "warning"
    """Accuracy is lost, or Keras and the graph may differ."""

    ADVICE = "advice"
    """Nothing is wrong here: bits or resources are spent, or hls4ml's own converter would go wrong."""


@dataclass(frozen=True)
class Finding:
    """One place where a rule is broken.

    Args:
        layer: the layer, input or value; "" for the model as a whole.
        text: what is there, with its figures, as a sentence without its subject: "clips 12 % of its values".
    """

    layer: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A trap, and how to see it.

    Args:
        severity: of all its findings.
        title: the trap, in a few words.
        why: why it matters, in one or two sentences.
        remedy: what to write instead.
        needs: the parts of a subject without which the rule is not run.
        find: (subject) to the places where the rule is broken.
        holds_with: parts without which the rule can be broken, and is not run where it finds nothing. `find`
            asks `Subject.lacks` before it reads one.

    Raises:
        ValueError: a text is empty, or it needs nothing.
    """

    severity: Severity
    title: str
    why: str
    remedy: str
    needs: tuple[SubjectPart, ...]
    find: Callable[[Subject], Iterator[Finding]]
    holds_with: tuple[SubjectPart, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a rule that does not say what it is about."""
        if not all(text.strip() for text in (self.title, self.why, self.remedy)) or not self.needs:
            raise ValueError("a rule has a title, a why, a remedy and at least one need")
