"""Artefacts whose integers differ from the reference's."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

from edgeml import backends
from edgeml.report.sections.exactness.facts import ExactnessFacts
from edgeml.report.verdict import Judgement, Urgency, VerdictKind
from edgeml.report.verdicts._again import place

if TYPE_CHECKING:
    from edgeml.report.facts import Facts


def find(facts: Facts) -> Iterator[Judgement]:
    """Results of the check that do not hold."""
    check = facts.part(ExactnessFacts).exactness
    for result in check.results if check else ():
        if result.holds:
            continue
        back_end = _back_end(result.backend)
        where = f", first at {result.first.op}" if result.first else ""
        what = "does not run" if result.failed else f"differs in {result.mismatches:,} integers{where}"
        remedy = f"Write its files anew and check again; if it still {what.split()[0]}s, edgeml is at fault."
        run = place(facts)
        command = (
            f"edgeml export {run} --to {shlex.quote(back_end)} && edgeml check {run} && edgeml report {run}"
        )
        if not back_end:
            remedy, command = "Check again; edgeml diagnose says where they part.", f"edgeml diagnose {run}"
        yield Judgement(f"{result.backend} {what}.", remedy, command)


def _back_end(executor: str) -> str:
    """The back end whose artefact an executor runs; "" for Keras, which runs the model itself."""
    for name in backends.names():
        if any(runner.name == executor for runner in backends.load(name).runners()):
            return name
    return ""


VERDICT = VerdictKind(severity=Urgency.BAD, title="not exact", section="exactness", find=find)
