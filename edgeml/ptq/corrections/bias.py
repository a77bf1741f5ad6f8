"""Bias correction: the mean of each sum stays as it is in float.

Source: M. Nagel et al., Data-Free Quantization Through Weight Equalization and Bias Correction, ICCV 2019,
section 4.2, with means that are measured on calibration samples.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeml.ptq.corrections import Correction, LayerState


def _corrected(state: LayerState) -> LayerState:
    means = state.moments
    groups = len(means.mean)

    def average(weights: np.ndarray, mean: np.ndarray) -> np.ndarray:
        rows = weights.reshape(groups, -1, weights.shape[-1])
        return np.einsum("goi,gi->go", rows, mean).reshape(-1)

    error = average(state.target, means.mean) - average(state.weights, means.mean_quantized)
    return replace(state, bias=state.bias + error)


CORRECTION = Correction(summary="the mean of each channel stays as it is in float", layer=_corrected)
