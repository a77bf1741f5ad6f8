"""Shared by the tests of lowering: Keras' integers against the graph's, layer by layer."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.ir import evaluate_codes, input_codes
from edgeml.keras.backend import import_keras
from edgeml.keras.float_model import OWN_STATE
from edgeml.keras.lower import Lowered, lower_model
from edgeml.keras.runner import keras_codes

SEED = 20240611


def corner_data(shape: tuple[int, ...], samples: int = 24, seed: int = SEED) -> np.ndarray:
    """Floats of several sizes, with samples of zeros, ties, ones and values far outside every type."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 1, (samples, *shape)) * rng.choice([0.3, 1, 3, 20], (samples, *(1,) * len(shape)))
    x[0], x[1], x[2] = 0, 1e4, -1e4
    x[3] = np.round(x[3] * 64) / 64
    x[4] = (np.round(x[4] * 32) + 0.5) / 32
    return x.astype(np.float32)


def randomize(model: Any, seed: int = SEED, spread: float = 0.7) -> None:
    """Random weights, some far beyond the quantizers' ranges and some exactly zero."""
    rng = np.random.default_rng(seed)
    for layer in model.layers:
        for weight in layer.weights:
            if "seed" in weight.name or weight.name == "iteration":
                continue
            if weight.name in OWN_STATE:
                ends = {"fraction": (-1, 5), "sign": (0, 2)}
                low, high = ends.get(weight.name.rpartition("_")[2], (0, 3))
                weight.assign(rng.integers(low, high, weight.shape).astype(np.float32))
                continue
            values = rng.normal(0, spread, weight.shape)
            values *= rng.choice([1, 1, 1, 6, 0], weight.shape)
            if "variance" in weight.name:
                values = np.abs(values) + 0.05
            weight.assign(values.astype(np.float32))


def assert_same(model: Any, x: Any, missing: tuple[str, ...] = ()) -> Lowered:
    """Every layer's integers equal; `missing` are the layers whose values Keras and graph cannot share."""
    lowered = lower_model(model)
    graph = lowered.graph
    assert {call for call in missing if call in lowered.layer_values} == set()
    wanted = sorted(set(lowered.layer_values.values()) | set(graph.outputs))
    keras_side = keras_codes(model, graph, x, keep=wanted)
    assert sorted(keras_side) == wanted
    ours = evaluate_codes(graph, input_codes(graph, x), keep=wanted)
    for name in wanted:
        differ = np.argwhere(ours[name] != keras_side[name])
        assert differ.size == 0, f"{name}: {len(differ)} differ, first at {differ[0]}"
    assert any(np.ptp(ours[name]) > 0 for name in graph.outputs), "the output never changes"
    return lowered


def keras_module() -> Any:
    return import_keras()
