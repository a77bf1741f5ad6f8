"""Models without a layer called fc."""

from __future__ import annotations

from collections.abc import Iterator

from edgeml.lint.rule import Finding, Rule, Severity
from edgeml.lint.subject import Subject, SubjectPart


def find(subject: Subject) -> Iterator[Finding]:
    """One finding if there is none."""
    if all(call.name != "fc" for call in subject.network.calls):
        yield Finding("", "has no layer fc")


RULE = Rule(
    severity=Severity.ADVICE,
    title="no fc",
    why="It is novel.",
    remedy="call one so",
    needs=(SubjectPart.NETWORK,),
    find=find,
)
