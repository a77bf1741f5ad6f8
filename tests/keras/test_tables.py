"""Layers of tables: values and slopes by hand, what training chooses, saving, refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeml.errors import EdgemlError
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.lookup import Lookup
from edgeml.keras.backend import import_keras, import_qkeras
from edgeml.keras.learned import LearnedTables
from edgeml.keras.load import load_model
from edgeml.keras.lower import lower_model
from tests.keras.exactness import assert_same, randomize

keras, qkeras = import_keras(), import_qkeras()


def by_hand(smoothing: float = 0.0) -> Any:
    """A table of the inputs 2 and 0, place 0 first: the entries' signs are 0, 1, 1, 0."""
    layer = LearnedTables(1, places=2, smoothing=smoothing, name="tables")
    layer.build((None, 3))
    layer.scores.assign([[0.0, 1.0, 2.0], [3.0, 1.0, 2.0]])
    layer.entries.assign([[-0.5, 0.25, 0.75, -3.0]])
    return layer


def slopes(layer: Any, x: list[float]) -> list[np.ndarray]:
    """The slopes of the layer's only result by its input, scores and entries."""
    import tensorflow as tf

    value = tf.constant([x])
    with tf.GradientTape() as tape:
        tape.watch(value)
        result = layer(value)
    return [
        np.asarray(one) for one in tape.gradient(result, [value, layer.scores.value, layer.entries.value])
    ]


def test_values_by_hand() -> None:
    x = np.array([[0.4, 1, 0.4], [0.4, 0, 0.5], [7, 0, -1], [0.5, 0, 0.5]], np.float32)
    np.testing.assert_array_equal(by_hand()(x), [[0], [1], [1], [0]])
    np.testing.assert_array_equal(by_hand()(x[:, np.newaxis]), [[[0]], [[1]], [[1]], [[0]]])


def test_slopes_by_hand() -> None:
    by_input, by_scores, by_entries = slopes(by_hand(), [0.0, 1.0, 1.0])
    # Entry 1 was read. Place 0: 0.25 instead of -0.5; place 1: -1, to which -3 is clipped, instead of 0.25.
    np.testing.assert_allclose(by_input, [[(-1 - 0.25) / 2, 0, (0.25 + 0.5) / 2]])
    np.testing.assert_allclose(by_scores, [[-0.375, 0.375, 0.375], [0.625, -0.625, -0.625]])
    np.testing.assert_array_equal(by_entries, [[0, 1, 0, 0]])


def test_a_slope_is_smoothed_over_the_other_places() -> None:
    by_input, _, _ = slopes(by_hand(0.25), [0.0, 1.0, 1.0])
    here, there = (0.25 + 0.5) / 2, (-1 - 0.75) / 2  # of place 0, where place 1 is 0 and 1
    np.testing.assert_allclose(by_input[0, 2], 0.75 * here + 0.25 * there)


@pytest.mark.parametrize(
    ("entry", "sign", "slope"), [(-3, 1, 0), (-3, -1, -1), (2, 1, 1), (2, -1, 0), (1, -1, -1)]
)
def test_entries_beyond_one_go_no_further(entry: float, sign: float, slope: float) -> None:
    """Training subtracts slopes: a positive one leads a negative entry further from zero."""
    import tensorflow as tf

    layer = by_hand()
    layer.entries.assign([[entry] * 4])
    with tf.GradientTape() as tape:
        result = sign * layer(tf.constant([[0.0, 0.0, 0.0]]))
    np.testing.assert_array_equal(tape.gradient(result, layer.entries.value), [[slope, 0, 0, 0]])


def test_of_equal_scores_the_first_input_is_read() -> None:
    layer = by_hand()
    layer.scores.assign(np.zeros((2, 3)))
    np.testing.assert_array_equal(layer.connections(), [[0, 0]])
    np.testing.assert_array_equal(layer(np.array([[1, 0, 0], [0, 1, 1]], np.float32)), [[0], [0]])
    layer.entries.assign([[-1, -1, -1, 1]])
    np.testing.assert_array_equal(layer(np.array([[1, 0, 0], [0, 1, 1]], np.float32)), [[1], [0]])


def test_slopes_lead_to_the_bits_that_matter_and_their_table() -> None:
    import tensorflow as tf

    x = (np.arange(256)[:, np.newaxis] >> np.arange(8) & 1).astype(np.float32)
    y = (x[:, [1]] != x[:, [6]]).astype(np.float32)
    layer = LearnedTables(1, places=2, smoothing=0.0)
    layer.build((None, 8))
    layer.scores.assign([[0, 0, 0, 1, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 1, 0]])
    layer.entries.assign([[-0.1, 0.1, 0.1, -0.1]])
    weights = [layer.scores.value, layer.entries.value]

    @tf.function
    def step(samples: Any, wanted: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((layer(samples) - wanted) ** 2)
        slopes_now: Any = tape.gradient(loss, weights)
        for weight, slope in zip(weights, slopes_now, strict=True):
            weight.assign_sub(0.3 * slope)
        return loss

    rng = np.random.default_rng(0)
    for _ in range(160):
        some = rng.permutation(256)[:64]
        step(tf.constant(x[some]), tf.constant(y[some]))
    assert sorted(layer.connections()[0]) == [1, 6]
    np.testing.assert_array_equal(layer(x), y)


def votes() -> Any:
    """Two layers of tables, counted."""
    x = inputs = keras.Input((6,), name="x")
    x = qkeras.QActivation("quantized_bits(6, 2, alpha=1.0)", name="quantize")(x)
    x = LearnedTables(9, places=3, fraction=0, name="first")(x)
    x = LearnedTables(8, places=3, name="second")(x)
    x = keras.ops.sum(keras.layers.Reshape((2, 4))(x), axis=-1)
    return keras.Model(inputs, keras.layers.Rescaling(0.25, name="logits")(x))


def test_integers_are_those_of_keras_and_bits_are_cast_once(tmp_path: Path) -> None:
    model = votes()
    randomize(model)
    x = np.random.default_rng(5).normal(0, 1.5, (60, 6)).astype(np.float32)
    graph = assert_same(model, x).graph
    assert sum(isinstance(node.op, Lookup) for node in graph.nodes) == 2
    assert [node.name for node in graph.nodes if isinstance(node.op, Cast)] == [
        "first.bits",
        "first.index",
        "second.index",
    ]
    model.save(tmp_path / "model.keras")
    assert lower_model(load_model(tmp_path / "model.keras")).graph.digest == lower_model(model).graph.digest


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"units": 0}, "units=0: one table is the least"),
        ({"units": 3, "places": 9}, "places=9: a table reads from 1 to 8 bits"),
        ({"units": 3, "smoothing": 0.6}, "smoothing=0.6 is not from 0 to 0.5"),
    ],
)
def test_arguments_out_of_range_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LearnedTables(**settings)


def test_scores_that_are_not_finite_are_refused() -> None:
    model = votes()
    scores = model.get_layer("second").scores
    scores.assign(np.full(scores.shape, np.nan))
    with pytest.raises(EdgemlError, match="not finite") as refusal:
        lower_model(model)
    assert refusal.value.where == "second.scores"
