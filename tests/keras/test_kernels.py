"""TensorFlow's kernels, as edgeml configures them, give exact sums of what float32 holds exactly."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.keras.backend import import_keras

SHAPES = [  # samples, height and width, channels in and out, kernel, stride
    (128, 28, 1, 16, 3, 1),
    (128, 13, 16, 24, 3, 1),
    (16, 14, 64, 64, 3, 1),
    (4, 14, 128, 128, 3, 1),
    (8, 32, 32, 32, 3, 1),
    (7, 15, 8, 4, 5, 2),
]


@pytest.mark.parametrize("eager", [True, False])
@pytest.mark.parametrize(("samples", "size", "read", "made", "kernel", "stride"), SHAPES)
def test_a_convolution_of_integers_is_exact(samples, size, read, made, kernel, stride, eager):
    import_keras()
    import tensorflow as tf

    rng = np.random.default_rng(0)
    x = rng.integers(0, 16, (samples, size, size, read)).astype(np.float32)
    w = rng.integers(-8, 8, (kernel, kernel, read, made)).astype(np.float32)

    def convolved(x, w):
        return tf.nn.conv2d(x, w, stride, "SAME")

    exact = convolved(x.astype(np.float64), w.astype(np.float64)).numpy()
    assert np.abs(exact).max() < 2**24
    result = (convolved if eager else tf.function(convolved))(x, w).numpy()
    assert np.array_equal(result, exact)
