"""A small QKeras model that states all of its types, as Keras 2 wrote it."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.keras.old_files import Old, q_activation, q_dense


def small_model() -> Old:
    """features 4 -> fixed<8,3>, QDense 5, ReLU, QDense 3."""
    rng = np.random.default_rng(5)
    layers: list[dict[str, Any]] = [
        {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 4], "name": "features"}},
        {"class_name": "QActivation", "config": q_activation("q", "quantized_bits(8,2,alpha=1)")},
        {"class_name": "QDense", "config": q_dense("fc", 5)},
        {"class_name": "QActivation", "config": q_activation("act")},
        {"class_name": "QDense", "config": q_dense("out", 3)},
    ]
    for entry in layers:
        entry["name"] = entry["config"]["name"]
    old = Old({"class_name": "Sequential", "config": {"name": "net", "layers": layers}})
    for name, shape in (("fc", (4, 5)), ("out", (5, 3))):
        kernel, bias = (rng.integers(-7, 8, s) / 8 for s in (shape, shape[1:]))
        old.weights[name] = [("kernel", kernel), ("bias", bias)]
    return old
