"""Adaptive rounding: each weight goes to the code below or above it so that the layer's sums stay close.

The squared error of the sums on calibration samples is a quadratic function of the codes, see
`edgeml.ptq.moments`. Weight by weight, it is minimized over the two neighbouring codes until nothing changes.

Source: M. Nagel et al., Up or Down? Adaptive Rounding for Post-Training Quantization, ICML 2020, equation 7;
there by gradient descent on a relaxation, here by coordinate descent on the codes themselves.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from edgeml.ptq.corrections import Correction, LayerState

_SWEEPS = 8
_DAMPING = 1e-4
"""Share of the mean moment by which each weight is drawn to its own value: samples are few."""


def _corrected(state: LayerState) -> LayerState:
    own, cross = state.moments.own, state.moments.cross
    if own is None or cross is None:
        return state
    groups, inputs = own.shape[:2]
    scale = 2.0 ** state.type.exponents(2)
    low = np.clip(np.floor(state.target * scale), state.type.least, state.type.most)
    high = np.clip(low + 1, state.type.least, state.type.most)
    result = np.empty_like(state.weights)
    size = len(state.target) // groups
    lsb = np.broadcast_to(1.0 / scale, (len(state.target), 1))
    for group in range(groups):
        rows = slice(group * size, (group + 1) * size)
        damping = np.eye(inputs) * (_DAMPING * float(np.trace(own[group])) / inputs)
        result[rows] = _descended(
            state.weights[rows],
            (low[rows] * lsb[rows], high[rows] * lsb[rows]),
            own[group] + damping,
            state.target[rows],
            cross[group] + damping,
        )
    return replace(state, weights=result)


def _descended(
    weights: NDArray[np.float64],
    ends: tuple[NDArray[np.float64], NDArray[np.float64]],
    own: NDArray[np.float64],
    target: NDArray[np.float64],
    cross: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Coordinate descent over the two ends of every weight, all output channels at once.

    Args:
        weights: where it starts (outputs, inputs), on the ends.
        ends: the neighbouring values below and above.
        own: second moments of the quantized operands (inputs, inputs), positive definite.
        target: the float weights.
        cross: second moments between quantized and float operands.
    """
    current = weights.copy()
    gradient = current @ own - target @ cross.T  # half of the derivative
    for _ in range(_SWEEPS):
        changed = False
        for index in range(own.shape[0]):
            step = np.where(current[:, index] > ends[0][:, index], ends[0][:, index], ends[1][:, index])
            step = step - current[:, index]
            gain = step * gradient[:, index] * 2 + step**2 * own[index, index]
            step = np.where(gain < 0, step, 0.0)
            if np.any(step):
                changed = True
                current[:, index] += step
                gradient += step[:, np.newaxis] * own[index]
        if not changed:
            break
    return current


CORRECTION = Correction(
    summary="each weight is rounded up or down, whichever keeps the layer's sums closer", layer=_corrected
)
