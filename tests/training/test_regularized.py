"""Regularizers, constraints and dropout of a build function, in the quantized twin and the float baseline."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml import presets
from edgeml.keras.float_model import float_model
from edgeml.keras.load import load_model
from edgeml.training.build import build_model
from edgeml.training.train import train
from tests.training.test_training import PRESET

PLAIN = """
def build():
    import keras

    return keras.Sequential(
        [
            keras.Input((4,), name="measures"),
            keras.layers.Dense(
                8,
                activation="relu",
                kernel_regularizer=keras.regularizers.L1L2(1e-2, 1e-2),
                kernel_constraint=keras.constraints.MaxNorm(0.5),
                activity_regularizer=keras.regularizers.L2(1e-3),
                name="fc1",
            ),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(3, name="logits"),
        ]
    )
"""


@pytest.fixture
def preset(tmp_path):
    path = tmp_path / "net.py"
    path.write_text(PLAIN + PRESET[: PRESET.index("def build")] + PRESET[PRESET.index("PRESET = ") :])
    return presets.load(path)


def test_they_are_in_both_models(preset):
    model = build_model(preset)
    for one in (model, float_model(model)):
        layer = one.get_layer("fc1")
        assert float(layer.kernel_regularizer.l1) == pytest.approx(1e-2)
        assert type(layer.kernel_constraint).__name__ == "MaxNorm"
        assert type(layer.activity_regularizer).__name__ == "L2"
        one(np.ones((2, 4), np.float32))
        assert len(one.losses) == 2


@pytest.mark.slow
def test_training_holds_the_norm_and_takes_clipping_and_decay(preset, tmp_path):
    settings = ["training.epochs=2", "training.float_epochs=2", "training.optimizer=adamw"]
    settings += ["training.optimizer.weight_decay=0.01", "training.optimizer.clipnorm=0.5"]
    run = train(preset, tmp_path / "run", presets.choose(preset, settings))
    for file in (run.float_file, run.model_file):
        kernel = load_model(file).get_layer("fc1").kernel.numpy()
        assert np.linalg.norm(kernel, axis=0).max() <= 0.5 + 1e-5
