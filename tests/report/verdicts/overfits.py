"""A validation loss that rises again, and the same training as long as the remedy says."""

from __future__ import annotations

from pathlib import Path

from edgeml.report.facts import Facts
from edgeml.report.verdict import RunVerdict
from tests.report.samples import sample_facts
from tests.report.verdicts._made import epochs, value_of

LOSSES = [(1 / n, 1 / min(n, 12) + 0.02 * max(0, n - 12)) for n in range(1, 31)]


def broken(folder: Path) -> Facts:
    return sample_facts(history=epochs("qat", LOSSES))


def mended(folder: Path, verdicts: tuple[RunVerdict, ...]) -> Facts:
    (found,) = verdicts
    assert found.text == "The QAT training overfits since epoch 12 of 30."
    return sample_facts(history=epochs("qat", LOSSES[: value_of(found.settings, "training.epochs")]))
