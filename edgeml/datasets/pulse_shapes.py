"""Pulse shapes: digitized detector pulses of 64 samples, gamma, alpha or pile-up, made by a simulator.

The physics and its constants stand in `edgeml/datasets/_pulses.py`.
"""

from __future__ import annotations

import numpy as np

from edgeml.datasets._base import DatasetInfo, Raw, Split
from edgeml.datasets._pulses import simulate
from edgeml.datasets._sources import Sources

SEED = 1

DATASET = DatasetInfo(
    title="simulated scintillator pulses, 64 ADC codes, gamma, alpha or pile-up",
    licence="CC0",
    source="made by edgeml, seed 1; after Knoll: Radiation Detection and Measurement, 4th ed.",
    url="https://www.wiley.com/en-us/Radiation+Detection+and+Measurement%2C+4th+Edition-p-9780470131480",
    shape=(64, 1),
    classes=("gamma", "alpha", "pile-up"),
    samples=6000,
    checksum="6c804aae46891e611056f10b2dd109cb83ffb07c55bd583cc6ae900501eba4fb",
)


def load(sources: Sources) -> Raw:
    """All events, not split; the same ones each time."""
    del sources  # nothing is looked for
    events = simulate(DATASET.samples, SEED)
    labels = np.where(events.pile_up, 2, events.alpha.astype(np.int64))
    return Raw(Split(events.codes[..., None], labels), DATASET.classes)
