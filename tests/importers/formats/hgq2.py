"""A small file as HGQ2 writes it, made by hand: one QDense with bits of its own for each weight and input."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np


def sample(folder: Path) -> Path:
    """Four inputs, three outputs."""
    return written(folder / "small.keras", dense())


def quantizer(kind: str, overflow: str, weight: bool) -> dict[str, Any]:
    own = {"q_type": kind, "overflow_mode": overflow, "round_mode": "RND", "is_weight": weight}
    return {"class_name": "QuantizerConfig", "config": {**own, "scaler": None, "affine": None}}


def dense(**settings: Any) -> dict[str, Any]:
    """The settings of a QDense layer."""
    own = {
        "name": "fc",
        "activation": "relu",
        "use_bias": True,
        "enable_iq": True,
        "enable_oq": False,
        "iq_conf": quantizer("kif", "WRAP", False),
        "kq_conf": quantizer("kbi", "SAT_SYM", True),
        "bq_conf": quantizer("kbi", "SAT_SYM", False),
    }
    return own | settings


def written(path: Path, layer: dict[str, Any], kind: str = "QDense") -> Path:
    """A Sequential model of one layer as an archive."""
    layers = [
        {"class_name": "InputLayer", "config": {"name": "x", "batch_shape": [None, 4]}},
        {"class_name": kind, "config": layer, "registered_name": f"hgq>{kind}"},
    ]
    config = {"class_name": "Sequential", "config": {"name": "small", "layers": layers}}
    arrays = {
        "vars/0": np.linspace(-1.5, 1.5, 12, dtype=np.float32).reshape(4, 3),
        "vars/1": np.array([0.5, -0.25, 3.0], np.float32),
        "iq/quantizer/vars/0": np.array([[2.0, 3.0, 0.0, 1.0]], np.float32),
        "iq/quantizer/vars/1": np.array([[1, 1, 1, 1]], np.uint8),
        "iq/quantizer/vars/2": np.array([[1.0, 2.0, -1.0, 0.0]], np.float32),
        "kq/quantizer/vars/0": np.arange(12, dtype=np.float32).reshape(4, 3) % 4,
        "kq/quantizer/vars/1": np.full((4, 3), 1.0, np.float32),
        "kq/quantizer/vars/2": np.ones((4, 3), np.uint8),
        "bq/quantizer/vars/0": np.full(3, 3.0, np.float32),
        "bq/quantizer/vars/1": np.full(3, 1.0, np.float32),
        "bq/quantizer/vars/2": np.ones(3, np.uint8),
    }
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for name, array in arrays.items():
            file[f"layers/q_dense/{name}"] = array
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.15.1"}))
        archive.writestr("model.weights.h5", buffer.getvalue())
    return path
