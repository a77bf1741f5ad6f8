"""Losses that still fall at the end, and the same training as long as the remedy says."""

from __future__ import annotations

from pathlib import Path

from edgeml.report.facts import Facts
from edgeml.report.verdict import RunVerdict
from tests.report.samples import sample_facts
from tests.report.verdicts._made import epochs, value_of

LOSSES = [(max(1 / n, 0.07), max(1.1 / n, 0.08)) for n in range(1, 41)]


def broken(folder: Path) -> Facts:
    return sample_facts(history=epochs("float", LOSSES[:10]))


def mended(folder: Path, verdicts: tuple[RunVerdict, ...]) -> Facts:
    (found,) = verdicts
    return sample_facts(history=epochs("float", LOSSES[: value_of(found.settings, "training.float_epochs")]))
