from __future__ import annotations

from pathlib import Path

from edgeml.report.facts import Facts
from edgeml.report.verdict import RunVerdict
from tests.report.samples import sample_facts


def broken(folder: Path) -> Facts:
    return sample_facts()


def mended(folder: Path, verdicts: tuple[RunVerdict, ...]) -> Facts:
    return sample_facts(seed=8)
