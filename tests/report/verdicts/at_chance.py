"""A model at chance, and one that was trained longer (test_remedies trains it)."""

from __future__ import annotations

from pathlib import Path

from edgeml.report.facts import Facts
from edgeml.report.numbers import measured
from edgeml.report.sections.accuracy.facts import ModelAccuracies
from edgeml.report.sections.classes.facts import Confusion
from edgeml.report.verdict import RunVerdict
from tests.report.samples import sample_facts
from tests.report.verdicts._made import value_of


def _facts(low: float, value: float, high: float) -> Facts:
    rows = {name: measured(value, low, high) for name in ("float", "qat", "fixed", "int8")}
    return sample_facts(
        accuracy=ModelAccuracies(**rows),
        majority=measured(1 / 3),
        majority_class="cat",
        confusion=Confusion(classes=("cat", "dog", "owl"), counts=((20, 0, 0), (20, 0, 0), (19, 1, 0))),
    )


def broken(folder: Path) -> Facts:
    return _facts(0.28, 1 / 3, 0.39)


def mended(folder: Path, verdicts: tuple[RunVerdict, ...]) -> Facts:
    (found,) = verdicts
    assert found.text.startswith("The model is at chance: 33.33 %") and "always saying cat" in found.text
    assert value_of(found.settings, "training.epochs") >= 100
    return _facts(0.86, 0.9, 0.93)
