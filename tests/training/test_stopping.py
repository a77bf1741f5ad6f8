"""Early stopping on any figure by Keras' callback, its refusals, and the cause of a loss that is NaN."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml import presets
from edgeml.errors import EdgemlError
from edgeml.keras.load import load_model
from edgeml.training.diverged import diverged, first_layer
from edgeml.training.fit import outputs_of
from edgeml.training.history import read_history
from edgeml.training.progress import EpochRow
from edgeml.training.stopping import EarlyStop, stopping_callback
from edgeml.training.train import train
from tests.training.test_training import PRESET, Recorder

TRUTH = np.array([0, 1, 1, 1])
OUTPUTS = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [0.0, 1.0]])


def row(epoch: int, val_loss: float, accuracy: float = 0.5, monitored: float | None = None) -> EpochRow:
    return EpochRow("qat", epoch, 0.1, val_loss, accuracy, val_loss, accuracy, monitored)


def stop(task: str = "classification", counts: bool = True, **arguments) -> EarlyStop:
    return EarlyStop(arguments, task, counts, 0.0, {"val_auc": "max", "val_poisson": ""})


class TestDecision:
    def test_patience_counts_as_in_keras(self):
        one = stop(monitor="val_loss", patience=2, min_delta=0.1)
        ends = []
        for epoch, loss in enumerate([1.0, 0.8, 0.75, 0.72, 0.1], start=1):
            one.see(row(epoch, loss))
            ends.append(one.stops)
        assert ends == [False, False, False, True, True]

    def test_an_accuracy_is_to_rise(self):
        one = stop(monitor="val_accuracy", patience=1)
        for epoch, accuracy in enumerate([0.5, 0.6, 0.6], start=1):
            one.see(row(epoch, 1.0, accuracy))
        assert one.stops and one.score(row(1, 1.0, 0.6)) == 0.6

    @pytest.mark.parametrize(
        ("name", "value", "sign"), [("val_f1", None, 1), ("val_balanced_accuracy", 5 / 6, 1)]
    )
    def test_a_figure_of_the_task(self, name, value, sign):
        one = stop(monitor=name, patience=1)
        found = one.monitored(OUTPUTS, TRUTH)
        assert found is not None and (value is None or found == pytest.approx(value))
        assert one.score(row(1, 1.0, monitored=found)) == sign * found

    def test_an_error_of_a_regression_is_to_fall(self):
        one = stop("regression", counts=False, monitor="val_mae", patience=1)
        assert one.monitored(OUTPUTS[:, :1], np.array([[1.0], [0.0], [0.0], [0.0]])) == 0.25
        assert one.score(row(1, 1.0, monitored=0.25)) == -0.25

    def test_what_follows_from_the_labels_alone_is_no_figure(self):
        with pytest.raises(EdgemlError, match="unknown figure 'val_majority'") as caught:
            stop(monitor="val_majority").monitored(OUTPUTS, TRUTH)
        assert "val_majority" not in caught.value.hint

    def test_after_an_interruption_it_has_seen_all_epochs(self):
        rows = [row(epoch, 1.0 + epoch) for epoch in range(1, 4)]
        one, two = stop(monitor="val_loss", patience=3), stop(monitor="val_loss", patience=3)
        one.again(rows, OUTPUTS, TRUTH)
        for earlier in rows:
            two.see(earlier)
        for stopper in (one, two):
            assert not stopper.stops
            stopper.see(row(4, 9.0))
            assert stopper.stops

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"monitro": "val_loss"}, "unknown argument 'monitro' .did you mean monitor"),
            ({"restore_best_weights": True}, "edgeml keeps the weights of the best epoch"),
            ({"mode": "up"}, "mode is 'up' .use auto, min or max"),
        ],
    )
    def test_refused(self, arguments, message):
        with pytest.raises(EdgemlError, match=message):
            stopping_callback(arguments)

    @pytest.mark.parametrize("task", ["classification", "regression"])
    def test_a_figure_that_is_not_of_the_task_is_refused_with_near_ones(self, task):
        name = "val_r2" if task == "classification" else "val_f1"
        truth = TRUTH if task == "classification" else TRUTH[:, None].astype(float)
        with pytest.raises(
            EdgemlError, match=rf"early_stopping\.monitor: unknown figure '{name}'.*training\.metrics"
        ):
            stop(task, monitor=name).monitored(OUTPUTS[:, :1] if task == "regression" else OUTPUTS, truth)


@pytest.fixture
def preset(tmp_path):
    path = tmp_path / "net.py"
    path.write_text(PRESET)
    return presets.load(path)


SETTINGS = ["training.early_stopping.monitor=val_f1", "training.early_stopping.patience=1"]


@pytest.mark.slow
def test_it_stops_a_training_keeps_the_best_epoch_and_survives_an_interruption(preset, tmp_path, monkeypatch):
    monkeypatch.setattr("edgeml.training.fit._SAVE_SECONDS", 0.0)
    choices = presets.choose(preset, [*SETTINGS, "training.epochs=30", "training.float_epochs=30"])
    whole = train(preset, tmp_path / "whole", choices)
    rows = [one for one in read_history(whole.history_file) if one.phase == "qat"]
    assert len(rows) < 30 and all(one.monitored is not None for one in rows)
    best = max(rows, key=lambda one: (one.monitored, -one.val_loss))
    data = whole.data()
    accuracy = (outputs_of(load_model(whole.model_file), data.x_val).argmax(-1) == data.y_val).mean()
    assert accuracy == pytest.approx(best.val_accuracy)
    with pytest.raises(KeyboardInterrupt):
        train(preset, tmp_path / "cut", choices, Recorder("qat", 1, KeyboardInterrupt()))
    cut = train(preset, tmp_path / "cut", choices)
    assert cut.history_file.read_bytes() == whole.history_file.read_bytes()


def test_an_unknown_figure_is_refused_before_an_epoch(preset, tmp_path):
    told = Recorder()
    choices = presets.choose(preset, ["training.early_stopping.monitor=val_f2"])
    with pytest.raises(EdgemlError, match="did you mean val_f1"):
        train(preset, tmp_path / "run", choices, told)
    assert told.rows == []


class TestDiverged:
    def model(self):
        import keras

        inputs = keras.Input((2,))
        hidden = keras.layers.Dense(3, name="fc1")(inputs)
        log = keras.layers.Lambda(keras.ops.log, name="log", output_shape=(3,))(hidden)
        return keras.Model(inputs, keras.layers.Dense(1, name="fc2")(log))

    def test_the_first_layer_is_named(self):
        model = self.model()
        assert first_layer(model, -np.ones((4, 2), np.float32) * 0) == (
            "the result of layer 'log' is the first that is not"
        )
        model.get_layer("fc1").kernel.assign(np.full((2, 3), np.nan))
        assert first_layer(model, np.ones((4, 2), np.float32)) == (
            "the weights fc1/kernel of layer 'fc1' are not"
        )

    def test_data_that_are_too_large_are_said_to_be(self):
        import keras

        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        error = diverged("float", 1, 1, model, np.full((4, 2), 1e30, np.float32))
        assert error.hint.startswith("samples reach 1e+30: set data.scaling=standard")

    def test_a_loss_alone(self):
        import keras

        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        error = diverged("qat", 3, 7, model, np.ones((4, 2), np.float32))
        assert str(error).startswith(
            "qat training, epoch 3, batch 7: the loss is no longer finite: every layer"
        )
        assert "clipnorm" in error.hint
