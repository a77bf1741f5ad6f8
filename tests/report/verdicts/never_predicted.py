"""A class that is never given (test_remedies trains it), and a matrix in which every class is."""

from __future__ import annotations

from pathlib import Path

from edgeml.report.facts import Facts
from edgeml.report.sections.classes.facts import Confusion
from edgeml.report.verdict import RunVerdict
from tests.report.samples import CLASSES, sample_facts


def broken(folder: Path) -> Facts:
    return sample_facts(confusion=Confusion(classes=CLASSES, counts=((90, 10, 0), (5, 95, 0), (40, 60, 0))))


def mended(folder: Path, verdicts: tuple[RunVerdict, ...]) -> Facts:
    (found,) = verdicts
    assert found.text == "Never predicted: fish (100 test samples)."
    assert found.settings == ("training.class_weights=balanced",)
    return sample_facts(confusion=Confusion(classes=CLASSES, counts=((90, 5, 5), (5, 90, 5), (4, 6, 90))))
