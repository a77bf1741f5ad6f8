"""Thirty test samples, and the same run after it was trained on folds."""

from __future__ import annotations

from pathlib import Path

from edgeml.report.facts import Facts
from edgeml.report.numbers import measured
from edgeml.report.sections.accuracy.facts import ModelAccuracies
from edgeml.report.verdict import RunVerdict
from tests.report.samples import sample_facts

WIDE = ModelAccuracies(
    **{name: measured(0.9, 0.74, 0.97) for name in ("float", "qat", "fixed", "int8")}  # 27 of 30
)


def broken(folder: Path) -> Facts:
    return sample_facts(accuracy=WIDE, folds=0)


def mended(folder: Path, verdicts: tuple[RunVerdict, ...]) -> Facts:
    (found,) = verdicts
    assert "--folds 5" in found.command and "74 to 97 %" in found.text
    return sample_facts(accuracy=WIDE, folds=5)
