"""The sensitivity to pruning: what is pruned, and that the model stays as it was."""

from __future__ import annotations

import numpy as np

from edgeml.training.small.sensitivity import SHARES, pruned_rows


class Kernel:
    """A kernel as a Keras layer holds it."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    def numpy(self) -> np.ndarray:
        return self.values.copy()

    def assign(self, values: np.ndarray) -> None:
        self.values = np.asarray(values)


class Layer:
    name = "fc"

    def __init__(self, values: np.ndarray) -> None:
        self.kernel = Kernel(values)


def test_the_smallest_weights_of_one_layer_go_and_come_back() -> None:
    values = np.array([[0.5, -0.1], [0.0, 4.0], [-0.3, 0.2], [1.0, -2.0], [0.7, 0.6]], np.float32)
    layer = Layer(values)
    rows = pruned_rows(layer, lambda: float(np.abs(layer.kernel.values).sum()))
    np.testing.assert_array_equal(layer.kernel.values, values)
    assert [row.share for row in rows] == list(SHARES)
    assert {(row.weights, row.zero) for row in rows} == {(10, 1)}
    expected = [np.sort(np.abs(values).ravel())[int(share * 10) :].sum() for share in SHARES]
    np.testing.assert_allclose([row.percent for row in rows], expected, rtol=1e-6)
