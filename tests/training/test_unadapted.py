"""A Normalization of a build function has statistics, stated or fitted, or is refused before training."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml import presets
from edgeml.errors import EdgemlError
from edgeml.training.build import build_model

NETWORK = """
from edgeml.presets import Bits, DataSpec, Preset, Quantizers, Targets, Training


def build():
    import keras
    import numpy as np

    norm = keras.layers.Normalization({arguments})
    {more}
    return keras.Sequential([keras.Input((4,)), norm, keras.layers.Dense(3)])


BITS = Bits(bits=8, integer=2)
PRESET = Preset(
    summary="a network", build=build, data=DataSpec(dataset="iris"),
    quantizers=Quantizers(inputs=BITS, weights=BITS, biases=BITS, activations=BITS),
    training=Training(float_epochs=1, epochs=1), targets=Targets(board="pynq-z2"),
)
"""


def built(folder, arguments, more="pass"):
    path = folder / "net.py"
    path.write_text(NETWORK.format(arguments=arguments, more=more))
    return build_model(presets.load(path))


@pytest.mark.parametrize("arguments", ["axis=-1", "axis=None"])
def test_one_without_statistics_is_refused(tmp_path, arguments):
    with pytest.raises(
        EdgemlError,
        match=r"net\.py, build\(\): normalization.* without statistics.*adapt\(samples\).*standard",
    ):
        built(tmp_path, arguments)


@pytest.mark.parametrize(
    ("arguments", "more"),
    [
        ("mean=0.0, variance=1.0, axis=None", "pass"),
        ("axis=-1", "norm.adapt(np.arange(32.0).reshape(8, 4))"),
    ],
)
def test_stated_and_adapted_ones_stay(tmp_path, arguments, more):
    model = built(tmp_path, arguments, more)
    (norm,) = (layer for layer in model.layers if type(layer).__name__ == "Normalization")
    expected = 0 if "mean" in arguments else np.arange(14.0, 18.0)
    np.testing.assert_array_equal(np.ravel(norm.mean), np.broadcast_to(expected, np.size(norm.mean)))
