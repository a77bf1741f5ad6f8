"""The float baseline in the formats of a trial, without any training: its exact graph within a second."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from edgeml.ir import Graph
    from edgeml.presets import Choices, Prepared, Preset
    from edgeml.runs import Run


def rounded_graph(preset: Preset, choices: Choices, base: Run, data: Prepared) -> Graph:
    """The exact graph of the preset's model with the float baseline's weights.

    A share of the weights that the trial prunes is left out, the smallest of each layer.

    Args:
        preset: whose model.
        choices: of the trial.
        base: run of the baseline.
        data: of the study.

    Raises:
        EdgemlError: the model cannot be built or lowered.
    """
    from edgeml.keras.factor_bits import CALIBRATION, lower_on_samples
    from edgeml.keras.float_model import copy_weights
    from edgeml.keras.load import load_model
    from edgeml.training.build import build_model
    from edgeml.training.seeds import make_repeatable

    make_repeatable(choices.seed)
    model = build_model(preset, choices)
    copy_weights(load_model(base.float_file), model)
    share = choices.training.pruning.share
    if share:
        for layer in model.layers:
            _prune(layer, share)
    samples = data.x_train[:CALIBRATION]
    return lower_on_samples(model, preset.name, False, choices.lowering, samples).graph


def _prune(layer: Any, share: float) -> None:
    """Set the smallest weights of a layer to zero."""
    for weight in layer.weights:
        if weight.name != "kernel":
            continue
        values = weight.numpy()
        least = np.quantile(np.abs(values), share)
        weight.assign(np.where(np.abs(values) < least, 0.0, values))
