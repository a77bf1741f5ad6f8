"""Activations that reach far above their type, and the same network with the bits that the remedy sets."""

from __future__ import annotations

from pathlib import Path

from edgeml.report.facts import Facts
from edgeml.report.verdict import RunVerdict
from tests.report.verdicts._made import START, measured, network, quantizers

GAIN = 6.0


def broken(folder: Path) -> Facts:
    return measured(network(START, GAIN, 0.9), GAIN)


def mended(folder: Path, verdicts: tuple[RunVerdict, ...]) -> Facts:
    (found,) = verdicts
    assert found.text.startswith("act1 clips ") and "ufixed<6,2>" in found.text
    return measured(network(quantizers(found.settings), GAIN, 0.9), GAIN)
