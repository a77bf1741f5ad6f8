"""A simulator of digitized detector pulses: two exponentials, photon statistics, noise, pile-up.

A scintillator's light decays in a fast and a slow component, whose shares depend on the particle; that is
what pulse shape discrimination sees (Knoll, Radiation Detection and Measurement, 4th ed., chapters 8 and
17). The rates here are those of CsI(Tl) for gamma rays, 0.68 us with 64 % and 3.34 us with 36 % of the light
(ibid., table 8.3). Heavier particles have less of the slow component in CsI(Tl); 18 % is the simulator's own
choice, no measurement.

One event, in ADC codes:

- light arrives at t0: i(t) = sum of share / tau * exp(-(t - t0) / tau), integrated over each sample;
- photoelectrons per sample are Poisson, `PER_CODE` of them for one code;
- a preamplifier's RC of 0.2 us rounds the edge (a first-order low-pass, one step per sample);
- the baseline is `BASELINE` codes, electronic noise gaussian with 6 codes;
- the ADC has 12 bits: rounded, cut at 0 and 4095.

Pile-up is a second pulse within the window, 8 to 40 samples later, of the same kind of particle.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeml.datasets._base import Array

SAMPLES = 64
STEP_US = 0.1
BASELINE = 128
PER_CODE = 0.5
FULL_SCALE = 4095

_FAST_US, _SLOW_US = 0.68, 3.34
_SLOW_SHARE = np.array([0.36, 0.18])  # gamma, alpha
_RC_US = 0.2
_NOISE = 6.0


@dataclass(frozen=True, eq=False)
class PulseEvents:
    """Simulated events.

    Args:
        codes: what the ADC gives, int64, shape (events, 64).
        alpha: true for the particle with less slow light, shape (events,).
        pile_up: true if a second pulse is in the window, shape (events,).
    """

    codes: Array
    alpha: Array
    pile_up: Array


def simulate(
    events: int, seed: int, pile_up: float = 1 / 3, largest: float = 3000.0, alpha: float = 0.5
) -> PulseEvents:
    """Events with pulse heights drawn evenly from 300 to `largest` codes.

    Args:
        events: how many.
        seed: of everything random.
        pile_up: share of events with a second pulse.
        largest: pulse height above the baseline; beyond 4095 - 128 the ADC saturates.
        alpha: share of alpha-like events.
    """
    rng = np.random.default_rng(seed)
    kind = rng.random(events) < alpha
    second = rng.random(events) < pile_up
    start = 8 + rng.random(events)
    later = start + rng.uniform(8, 40, events)
    height = rng.uniform(300, largest, events)
    other = rng.uniform(300, largest, events) * second
    light = height[:, None] * _shape(start, kind) + other[:, None] * _shape(later, kind)
    electrons = rng.poisson(light * PER_CODE) / PER_CODE
    volts = _rounded_edge(electrons) + BASELINE + rng.normal(0, _NOISE, electrons.shape)
    return PulseEvents(np.clip(np.rint(volts), 0, FULL_SCALE).astype(np.int64), kind, second)


def _shape(start: Array, alpha: Array) -> Array:
    """Light per sample, of pulses whose largest sample would be about 1, shape (events, 64)."""
    edges = (np.arange(SAMPLES + 1) - start[:, None]) * STEP_US
    slow = _SLOW_SHARE[alpha.astype(np.int64)][:, None]
    arrived = sum(
        share * -np.expm1(-np.maximum(edges, 0) / tau)
        for share, tau in ((1 - slow, _FAST_US), (slow, _SLOW_US))
    )
    peak = STEP_US * ((1 - slow) / _FAST_US + slow / _SLOW_US)
    return np.diff(arrived, axis=1) / peak


def _rounded_edge(signal: Array) -> Array:
    """The signal behind a first-order low-pass."""
    keep = np.exp(-STEP_US / _RC_US)
    result = np.empty_like(signal)
    state = np.zeros(len(signal))
    for sample in range(signal.shape[1]):
        state = keep * state + (1 - keep) * signal[:, sample]
        result[:, sample] = state
    return result
