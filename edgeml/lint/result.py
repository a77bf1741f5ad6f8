"""The result of a lint: a row per rule.

Invariant: every rule has a row; one that was not run says why, and is not among those that hold.
"""

from __future__ import annotations

from typing import Literal

from pydantic import computed_field

from edgeml.documents import Record
from edgeml.errors import EdgemlError
from edgeml.lint import code, load, names
from edgeml.lint.rule import Rule, Severity
from edgeml.lint.subject import Subject

State = Literal["holds", "broken", "not-run"]


class PlaceFound(Record):
    """A finding.

    Attributes:
        layer: the layer, input or value; "" for the model as a whole.
        text: what is there.
    """

    layer: str
    text: str


class RuleRow(Record):
    """One rule, looked at.

    Attributes:
        code: the rule.
        severity: of its findings.
        title: the trap.
        why: why it matters.
        remedy: what to write instead.
        status: "holds", "broken", or "not-run".
        reason: why it was not run; "" otherwise.
        findings: the places where it is broken.
    """

    code: str
    severity: Severity
    title: str
    why: str
    remedy: str
    status: State
    reason: str = ""
    findings: tuple[PlaceFound, ...] = ()


class LintResult(Record):
    """The findings of the rules on a subject.

    Attributes:
        subject: the name of the model.
        rules: a row per rule, errors first.
    """

    subject: str
    rules: tuple[RuleRow, ...]

    @computed_field
    @property
    def ok(self) -> bool:
        """False if an error was found; warnings and advice leave it true."""
        return not any(row.findings and row.severity is Severity.ERROR for row in self.rules)

    def __getitem__(self, name: str) -> RuleRow:
        """The row of a rule, by its code.

        Raises:
            KeyError: there is no such rule.
        """
        for row in self.rules:
            if row.code == code(name):
                return row
        raise KeyError(name)

    def count(self, severity: Severity) -> int:
        """The findings of that severity."""
        return sum(len(row.findings) for row in self.rules if row.severity is severity)


def lint(subject: Subject) -> LintResult:
    """Run every rule on a subject.

    A rule that fails with an error of its own has that error as the reason of its row.
    """
    order = list(Severity)
    rows = [_row(name, load(name), subject) for name in names()]
    rows.sort(key=lambda row: (order.index(row.severity), row.code))
    return LintResult(subject=subject.name, rules=tuple(rows))


def _row(name: str, rule: Rule, subject: Subject) -> RuleRow:
    lacking = next((reason for part in rule.needs if (reason := subject.lacks(part))), "")
    findings: tuple[PlaceFound, ...] = ()
    if not lacking:
        try:
            findings = tuple(PlaceFound(layer=f.layer, text=f.text) for f in rule.find(subject))
        except EdgemlError as error:
            lacking = str(error)
    if not lacking and not findings:
        lacking = next((reason for part in rule.holds_with if (reason := subject.lacks(part))), "")
    return RuleRow(
        code=code(name),
        severity=rule.severity,
        title=rule.title,
        why=rule.why,
        remedy=rule.remedy,
        status="not-run" if lacking else "broken" if findings else "holds",
        reason=lacking,
        findings=findings,
    )
