"""A proof that ended with a witness, and the proof of the files that were written anew."""

from __future__ import annotations

from pathlib import Path

from edgeml.prove.result import Verdict as Proof
from edgeml.report.facts import Facts
from edgeml.report.sections.exactness.facts import ProofVerdict
from edgeml.report.verdict import RunVerdict
from tests.report.samples import sample_facts


def broken(folder: Path) -> Facts:
    return sample_facts(every_input={"verilator": ProofVerdict(verdict=Proof.REFUTED, reason="a witness")})


def mended(folder: Path, verdicts: tuple[RunVerdict, ...]) -> Facts:
    (found,) = verdicts
    assert "verilator" in found.text and "edgeml export" in found.command and "edgeml prove" in found.command
    return sample_facts(every_input={"verilator": ProofVerdict(verdict=Proof.PROVEN)})
