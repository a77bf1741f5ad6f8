"""Small weights in a wide type, and the same weights in the type that the remedy sets."""

from __future__ import annotations

from pathlib import Path

from edgeml.report.facts import Facts
from edgeml.report.verdict import RunVerdict
from tests.report.verdicts._made import START, measured, network, quantizers

GAIN, LARGEST = 1.0, 0.2


def broken(folder: Path) -> Facts:
    return measured(network(START, GAIN, LARGEST), GAIN)


def mended(folder: Path, verdicts: tuple[RunVerdict, ...]) -> Facts:
    (found,) = verdicts
    assert "4 bits would do for the weights of fc1 (it has 6)" in found.text
    narrow = measured(network(quantizers(found.settings), GAIN, LARGEST), GAIN)
    assert narrow.layers[-1].used == broken(folder).layers[-1].used  # not an integer is another one
    return narrow
