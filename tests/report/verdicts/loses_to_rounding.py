"""Too few bits (trained in test_remedies), and enough of them."""

from __future__ import annotations

from pathlib import Path

from edgeml.report.facts import Facts
from edgeml.report.numbers import measured
from edgeml.report.sections.accuracy.facts import ModelAccuracies
from edgeml.report.verdict import RunVerdict
from tests.report.samples import sample_facts
from tests.report.verdicts._made import value_of


def _facts(fixed: float) -> Facts:
    rows = {name: measured(0.97, 0.95, 0.99) for name in ("float", "qat", "int8")}
    rows["fixed"] = measured(fixed, fixed - 0.03, min(1.0, fixed + 0.03))
    return sample_facts(accuracy=ModelAccuracies(**rows))


def broken(folder: Path) -> Facts:
    return _facts(0.85)


def mended(folder: Path, verdicts: tuple[RunVerdict, ...]) -> Facts:
    (found,) = verdicts
    assert "costs 12.0 points" in found.text
    assert value_of(found.settings, "quantizers.weights.bits") == 8  # it had 6
    return _facts(0.96)
