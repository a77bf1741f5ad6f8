"""A Keras model that has no exact graph."""

from __future__ import annotations

from collections.abc import Iterator

from edgeml.lint.rule import Finding, Rule, Severity
from edgeml.lint.subject import Subject, SubjectPart


def find(subject: Subject) -> Iterator[Finding]:
    """The error of its lowering."""
    if subject.lowering_error:
        yield Finding("", subject.lowering_error)


RULE = Rule(
    severity=Severity.ERROR,
    title="model without an exact graph",
    why="A layer, quantizer or setting is not covered: nothing can be exported or checked after "
    "training either.",
    remedy="the hint at the finding; the layers that are covered stand in docs/layers.md",
    needs=(SubjectPart.NETWORK,),
    find=find,
)
