"""Pulse flags: digitized detector pulses with three labels each: alpha, pile-up, saturated.

The labels are independent, so this is a multi-label set: an event can have none of them or all. Pulse heights
go beyond the ADC's range, and an event is saturated if the ADC gives its highest code. The physics and its
constants stand in `edgeml/datasets/_pulses.py`.
"""

from __future__ import annotations

import numpy as np

from edgeml.datasets import pulse_shapes
from edgeml.datasets._base import DatasetInfo, Raw, Split
from edgeml.datasets._pulses import FULL_SCALE, simulate
from edgeml.datasets._sources import Sources

SEED = 2

DATASET = DatasetInfo(
    title="simulated scintillator pulses, flags alpha, pile-up, saturated",
    licence="CC0",
    source="made by edgeml, seed 2; after Knoll: Radiation Detection and Measurement, 4th ed.",
    url=pulse_shapes.DATASET.url,
    shape=(64, 1),
    classes=(),
    samples=6000,
    targets=("alpha", "pile-up", "saturated"),
    checksum="2fc47103d815ff18cbbea03843ed1511a48cad2dfaf43f0c43b9e8719a18f983",
)


def load(sources: Sources) -> Raw:
    """All events, not split; the same ones each time."""
    del sources  # nothing is looked for
    events = simulate(DATASET.samples, SEED, largest=9000.0)
    saturated = (events.codes == FULL_SCALE).any(axis=1)
    flags = np.stack([events.alpha, events.pile_up, saturated], axis=1).astype(np.int64)
    return Raw(Split(events.codes[..., None], flags), ())
