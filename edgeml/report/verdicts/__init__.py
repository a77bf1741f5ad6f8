"""The kinds of verdicts: one file each. `names()` lists them, `judged(facts)` gives their verdicts on a run.

To add a kind, write `edgeml/report/verdicts/NAME.py` with `VERDICT`, a `VerdictKind`, and
`tests/report/verdicts/NAME.py` with facts that have it and the same facts after its remedy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeml.folder import ModuleFolder
from edgeml.report.verdict import RunVerdict, Urgency, VerdictKind

if TYPE_CHECKING:
    from edgeml.report.facts import Facts

_FOLDER = ModuleFolder("verdict kind", __name__)


def names() -> tuple[str, ...]:
    """The names of all kinds, sorted."""
    return _FOLDER.names()


def load(name: str) -> VerdictKind:
    """One kind.

    Raises:
        EdgemlError: there is none of that name, or its file lacks `VERDICT`.
    """
    return _FOLDER.declared(name, "VERDICT", VerdictKind)


def judged(facts: Facts) -> tuple[RunVerdict, ...]:
    """The verdicts on a run, the worst first."""
    order = list(Urgency)
    verdicts = [verdict for name in names() for verdict in of_kind(name, facts)]
    return tuple(sorted(verdicts, key=lambda verdict: order.index(verdict.severity)))


def of_kind(name: str, facts: Facts) -> tuple[RunVerdict, ...]:
    """The verdicts of one kind on a run."""
    kind = load(name)
    return tuple(
        RunVerdict(
            code=name.replace("_", "-"),
            severity=kind.severity,
            title=kind.title,
            section=kind.section,
            text=judgement.text,
            remedy=judgement.remedy,
            command=judgement.command,
            settings=judgement.settings,
        )
        for judgement in kind.find(facts)
    )
