"""The verdict on a run, and the rows of the check with their words and signs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgeml.checks.result import Result
from edgeml.prove.result import Verdict
from edgeml.report.sections.exactness.facts import ExactnessFacts, ExactnessVerdict, ProofVerdict
from edgeml.report.sections.summary.facts import SummaryFacts

if TYPE_CHECKING:
    from edgeml.report.facts import Facts

_STATES = {
    "exact": ("exact", "✓", "exact"),
    "mismatch": ("MISMATCH", "✕", "mismatch"),
    "announced": ("differs as announced", "≈", "not-run"),
    "not-run": ("NOT RUN", "\N{EN DASH}", "not-run"),
    "failed": ("FAILED", "✕", "mismatch"),
}
"""Word, sign and style of every state of a result."""


_PROOFS = {
    Verdict.PROVEN: "proven",
    Verdict.REFUTED: "REFUTED",
    Verdict.NOT_PROVEN: "not proven",
    Verdict.NOT_RUN: "not run",
}


@dataclass(frozen=True)
class CheckedRow:
    """One executor's result.

    Attributes:
        result: of the check.
        word: its state.
        sign: of the state.
        style: of the state, a class of the style sheet.
        proof: verdict for every input; "" where there is none.
        reason: of that verdict.
    """

    result: Result
    word: str
    sign: str
    style: str
    proof: str = ""
    reason: str = ""

    @property
    def ran(self) -> bool:
        """Integers were compared, so there are counts to show."""
        return self.result.status != "not-run"


@dataclass(frozen=True)
class ExactnessView:
    """The `view` of the templates of exactness.

    Attributes:
        verdict: on the whole run.
        rows: one per executor.
    """

    verdict: ExactnessVerdict
    rows: tuple[CheckedRow, ...]


def view(facts: Facts) -> ExactnessView:
    """The verdict and the rows."""
    check = facts.part(ExactnessFacts).exactness
    results = check.results if check else ()
    proofs = facts.part(ExactnessFacts).every_input
    return ExactnessView(
        verdict(facts), tuple(_row(result, proofs.get(result.backend)) for result in results)
    )


def _row(result: Result, proof: ProofVerdict | None) -> CheckedRow:
    row = CheckedRow(result, *_STATES[result.state])
    return row if proof is None else replace(row, proof=_PROOFS[proof.verdict], reason=proof.reason)


def verdict(facts: Facts) -> ExactnessVerdict:
    """The verdict of the check: exact only if something was compared and nothing differed."""
    check = facts.part(ExactnessFacts).exactness
    if check is None:
        return ExactnessVerdict(status="unknown", text="not checked", detail=facts.missing["exactness"])
    wrong = [result for result in check.results if not result.holds]
    idle = sum(result.state == "not-run" for result in check.results)
    # The reference agreeing with the integers it wrote itself is no second opinion.
    equal = [r for r in check.results if r.status == "exact" and r.backend != check.reference]
    announced = [f"{r.backend} differs as announced" for r in check.results if r.announced]
    tail = ", ".join([*announced, *([f"{idle} not run"] if idle else [])])
    if wrong:
        first = wrong[0].first
        where = f", first at op {first.op}" if first else ""
        does = "does not run" if wrong[0].failed else "differs"
        return ExactnessVerdict(status="mismatch", text=f"{wrong[0].backend} {does}{where}", detail=tail)
    if not equal:
        return ExactnessVerdict(status="unknown", text="nothing was compared with the reference", detail=tail)
    if check.graph and check.graph != facts.part(SummaryFacts).graph:
        return ExactnessVerdict(
            status="unknown", text="checked before the graph changed", detail="run edgeml check again"
        )
    over = _range([result.samples for result in equal])
    if any(result.synthetic for result in equal):
        over += f" real + {_range([result.synthetic for result in equal])} synthetic"
    executors = f"{len(equal)} executor{'s' if len(equal) > 1 else ''}"
    return ExactnessVerdict(
        status="exact", text=f"bit-exact on {over} samples across {executors}", detail=tail
    )


def _range(counts: list[int]) -> str:
    fewest, most = min(counts), max(counts)
    return f"{fewest:,}" if fewest == most else f"{fewest:,} to {most:,}"


def headline(facts: Facts) -> tuple[str, ...]:
    """The verdict in a line."""
    result = verdict(facts)
    return (f"{result.text} ({result.detail})" if result.detail else result.text,)


def digest(facts: Facts) -> str:
    """The verdict, and for how many executors it holds for every input."""
    proofs = facts.part(ExactnessFacts).every_input.values()
    proven = sum(proof.verdict is Verdict.PROVEN for proof in proofs)
    words = f"; proven for every input in {proven} of {len(proofs)}" if proofs else ""
    return f"{verdict(facts).text}{words}"
