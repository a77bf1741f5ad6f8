"""Lint: the traps of quantized models, seen before an epoch is trained or a tool is started.

    subject = open_subject("mnist_cnn")         # a preset, a model's file or a run
    result = lint(subject)                      # a row per rule

To add a rule, write `edgeml/lint/rules/NAME.py` with `RULE`, a `Rule`, and `tests/lint/rules/NAME.py` with a
model that breaks it and one that does not, then `python -m edgeml.lint.page > docs/lint.md`.
"""

from __future__ import annotations

from edgeml.folder import ModuleFolder
from edgeml.lint.rule import Finding, Rule, Severity
from edgeml.lint.subject import Subject, SubjectPart

__all__ = ["Finding", "Rule", "Severity", "Subject", "SubjectPart", "code", "load", "names"]

_FOLDER = ModuleFolder("lint rule", f"{__name__}.rules")


def names() -> tuple[str, ...]:
    """The names of all rules, sorted."""
    return _FOLDER.names()


def load(name: str) -> Rule:
    """One rule.

    Raises:
        EdgemlError: there is none of that name, or its file lacks `RULE`.
    """
    return _FOLDER.declared(name, "RULE", Rule)


def code(name: str) -> str:
    """A rule's code, by which it is named in output and documentation.

    >>> code("alpha_auto")
    'alpha-auto'
    """
    return name.replace("_", "-")
