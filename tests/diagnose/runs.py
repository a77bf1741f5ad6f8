"""Runs with weights set by hand: the class is 1 where a + b > 2, and a hidden type may end at 1."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from edgeml import presets
from edgeml.ir import saved
from edgeml.keras.lower import lower_model
from edgeml.runconfig import RunConfig
from edgeml.runs import Run
from edgeml.training.build import build_model

PRESET = """
from edgeml.presets import Bits, DataSpec, Preset, Quantizers, Targets, Training


def build(q):
    import keras
    from qkeras import QActivation, QDense

    def dense(units, name):
        return QDense(units, kernel_quantizer=q.kernel(name), bias_quantizer=q.bias(name), name=name)

    x = inputs = keras.Input((2,), name="x")
    x = QActivation(q.input(), name="q")(x)
    x = QActivation(q.relu("act"), name="act")(dense(2, "fc")(x))
    return keras.Model(inputs, dense(2, "logits")(x))


PRESET = Preset(
    summary="a sum",
    build=build,
    data=DataSpec(dataset="DATA"),
    quantizers=Quantizers(
        inputs=Bits(bits=8, integer=2, signed=False),
        weights=Bits(bits=6, integer=1),
        biases=Bits(bits=8, integer=3),
        activations=Bits(bits=8, integer=INTEGER, signed=False),
    ),
    training=Training(float_epochs=1, epochs=1),
    targets=Targets(),
)
"""

WEIGHTS = ([[1.0, 0.0], [1.0, 0.0]], [0.0, 0.0], [[0.0, 1.0], [0.0, 0.0]], [0.0, -2.0])


def data_file(folder: Path) -> Path:
    """Samples (n, 2) from 0 to 2 and their classes."""
    x = np.random.default_rng(0).uniform(0, 2, (900, 2)).astype(np.float32)
    y = (x.sum(axis=1) > 2).astype(np.int64)
    path = folder / "sums.npz"
    parts = {"train": slice(0, 300), "val": slice(300, 600), "test": slice(600, 900)}
    arrays: dict[str, Any] = {}
    for part, rows in parts.items():
        arrays |= {f"x_{part}": x[rows], f"y_{part}": y[rows]}
    np.savez(path, **arrays)
    return path


def preset_run(folder: Path, integer: int = 0) -> Run:
    """A run of the preset above as if it had been trained."""
    file = folder / "sums.py"
    file.write_text(PRESET.replace("DATA", str(data_file(folder))).replace("INTEGER", str(integer)))
    preset = presets.load(file)
    choices = presets.choose(preset)
    run = Run.create(folder / "run", RunConfig.of(preset, choices, presets.prepare(choices.data)))
    model = build_model(preset, choices)
    model.set_weights([np.asarray(values, np.float32) for values in WEIGHTS])
    model.save(run.model_file)
    saved.save(lower_model(model).graph).write(run.folder)
    return run
