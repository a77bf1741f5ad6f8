"""Regression, autoencoder and several labels: trained, exact in an executor, with figures of each model."""

from __future__ import annotations

import numpy as np
import pytest

import edgeml
from edgeml import presets
from edgeml.checks import golden
from edgeml.errors import EdgemlError
from edgeml.keras.run import lower_run
from edgeml.pipeline.artefacts import lower
from edgeml.presets import KerasClass, prepare
from edgeml.runconfig import RunConfig
from edgeml.runs import Run
from edgeml.tasks import load
from edgeml.training.goal import targets_of
from edgeml.training.history import read_history
from edgeml.training.losses import loss_on_numbers
from edgeml.training.task import with_task
from edgeml.training.train import train

TEXT = """
from edgeml.presets import Bits, DataSpec, Preset, Quantizers, Targets, Training


def build():
    import keras

    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((6,), name="x"),
            layers.Dense(12, activation="relu", name="fc1"),
            layers.Dense(OUTPUTS, name="out"),
        ]
    )


PRESET = Preset(
    summary="a task",
    build=build,
    data=DataSpec(dataset="data.npz", scaling="standard", task="TASK"),
    quantizers=Quantizers(
        inputs=Bits(bits=10, integer=3),
        weights=Bits(bits=8, integer=1),
        biases=Bits(bits=10, integer=3),
        activations=Bits(bits=10, integer=4),
    ),
    training=Training(
        float_epochs=12, epochs=12, float_learning_rate=2e-2, learning_rate=1e-2, batch_size=32
    ),
    targets=Targets(),
)
"""


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Makes a preset and its data; the current folder is that of both."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 6)).astype(np.float32)
    y = {
        "regression": np.stack([x[:, 0] - 0.5 * x[:, 1], np.maximum(x[:, 2], 0)], axis=1),
        "multi_label": np.stack([x[:, 0] > 0, x[:, 1] + x[:, 2] > 0, x[:, 3] > 1], axis=1).astype(int),
        "autoencoder": None,
    }

    def make(task, outputs=None, **replaced):
        target = y[task]
        np.savez("data.npz", x=x, **({} if target is None else {"y": target}))
        count = outputs or (6 if target is None else target.shape[1])
        text = TEXT.replace("TASK", task).replace("OUTPUTS", str(count))
        for old, new in replaced.items():
            assert old in text
            text = text.replace(old, new)
        (tmp_path / "net.py").write_text(text)
        return presets.load(tmp_path / "net.py")

    return make


@pytest.mark.parametrize("task", ["regression", "multi_label", "autoencoder"])
def test_it_is_trained_towards_its_truth_and_is_exact(made, tmp_path, task):
    run = train(made(task), tmp_path / "run")
    data = run.data()
    parts = [data.x_train, data.x_val, data.x_test]
    assert [len(part) for part in parts] == [
        180,
        60,
        60,
    ]  # the parts are apart, of samples without labels too
    rows = read_history(run.history_file)
    qat = [row for row in rows if row.phase == "qat"]
    assert rows[-1].val_loss < 0.5 * rows[0].val_loss
    counted = [row.val_accuracy for row in qat]
    if task == "multi_label":
        assert max(value or 0 for value in counted) > 0.9
    else:
        assert set(counted) == {None}
        assert (tmp_path / "run" / "history.csv").read_text().splitlines()[-1].endswith(",")
    graph = lower_run(run)
    assert edgeml.check(graph, data.x_test, backends=["onnx"]).ok
    predictions = np.asarray(edgeml.emulator(graph).predict(data.x_test)).reshape(60, -1)
    truth = data.x_test if task == "autoencoder" else data.y_test
    figures = {figure.name: figure.value for figure in load(task).figures(predictions, truth, 0.0)}
    if task == "multi_label":
        assert figures["accuracy"] > 0.9
        return
    mean = np.mean((predictions - truth) ** 2)
    assert figures["mse"] == pytest.approx(mean)
    assert mean < 0.5 * np.var(truth)
    # The best epoch is the one of the smallest loss, because there is no accuracy.
    last = min(qat, key=lambda row: row.val_loss)
    values = np.asarray(edgeml.emulator(graph).predict(data.x_val)).reshape(60, -1)
    expected = np.mean((values - targets_of(data, "val", task)) ** 2)
    assert last.val_loss == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize(
    ("task", "assignments", "message"),
    [
        ("regression", ["training.loss=categorical_crossentropy"], "use mean_squared_error, mean_abs"),
        ("regression", ["training.loss=bce"], "BinaryCrossentropy: is about labels of 0 and 1"),
        ("multi_label", ["training.loss=sparse_categorical_crossentropy"], "use binary_crossentropy"),
        ("regression", ["training.loss.delta=0.5"], "auto takes no delta.*--set training.loss=huber"),
        ("regression", ["training.class_weights=balanced"], "the task regression has no classes to weigh"),
        ("regression", ["data.task=multi_label"], "a label is .*, and the task multi-label knows 0 and 1"),
        ("regression", ["data.task=unlabelled"], "has no labels to train with|nothing to train towards"),
        ("regression", ["data.task=regresion"], "did you mean regression"),
    ],
)
def test_what_does_not_fit_is_one_error(made, tmp_path, task, assignments, message):
    preset = made(task)
    with pytest.raises(EdgemlError, match=message):
        train(preset, tmp_path / "run", presets.choose(preset, assignments))
    assert not [path for path in (tmp_path / "run").glob("*") if path.name != ".lock"]  # nothing half-written


def test_equal_targets_are_refused(made, tmp_path):
    preset = made("regression")
    with np.load("data.npz") as data:
        np.savez("data.npz", x=data["x"], y=np.full(data["y"].shape, 0.5))
    with pytest.raises(EdgemlError, match=r"every training sample has the same target \(0\.5, 0\.5\)"):
        train(preset, tmp_path / "run")


def test_a_run_that_was_there_before_stays(made, tmp_path):
    preset = made("regression")
    choices = presets.choose(preset)
    run = Run.create(tmp_path / "run", RunConfig.of(preset, choices, prepare(choices.data)))
    with pytest.raises(EdgemlError, match="use mean_squared_error"):
        train(preset, run.folder, presets.choose(preset, ["training.loss=categorical_crossentropy"]))
    assert run.config_file.is_file()


@pytest.mark.parametrize("task", ["regression", "multi_label", "autoencoder"])
def test_a_task_that_is_not_stated_is_inferred(made, task):
    preset = made(task)
    chosen, reason = with_task(preset, presets.choose(preset, ["data.task=auto"]))
    assert chosen.data.task == task
    assert reason
    assert prepare(chosen.data).task == prepare(presets.choose(preset, ["data.task=auto"]).data).task == task
    assert with_task(preset, chosen) == (chosen, "")


def test_nothing_to_train_towards_is_one_error(made, tmp_path):
    preset = made("autoencoder", outputs=5)
    with pytest.raises(EdgemlError, match=r"gives 5 numbers and takes 6 .*end the model in 6 outputs"):
        train(preset, tmp_path / "run", presets.choose(preset, ["data.task=auto"]))
    assert not (tmp_path / "run").exists()


def test_numbers_are_no_classes(made):
    preset = made("regression")
    choices = presets.choose(preset, ["data.task=classification", "data.dataset=diabetes"])
    with pytest.raises(EdgemlError, match=r"1 number per sample, no classes.*data\.task=regression"):
        prepare(choices.data)


def test_another_number_of_outputs_is_refused(made, tmp_path):
    with pytest.raises(EdgemlError, match=r"3 elements, and the regression 2 targets .*end it in 2 outputs"):
        train(made("regression", outputs=3), tmp_path / "run")


def test_an_end_that_the_graph_leaves_off_is_refused_and_the_remedy_works(made, tmp_path):
    preset = made("regression", **{'name="out"': 'activation="sigmoid", name="out"'})
    with pytest.raises(EdgemlError, match=r"ends in a sigmoid.*lowering\.outputs=probabilities"):
        train(preset, tmp_path / "run")
    run = train(
        preset, tmp_path / "run", presets.choose(preset, ["lowering.outputs=probabilities"], epochs=2)
    )
    graph = lower_run(run)
    predictions = np.asarray(edgeml.emulator(graph).predict(run.data().x_test))
    assert predictions.min() >= 0
    assert predictions.max() <= 1


def test_losses_on_numbers_are_those_of_keras():
    targets = np.array([[0.0, 1.0], [1.0, 1.0]], np.float32)
    outputs = np.array([[[0.5], [0.0]], [[2.0], [-1.0]]], np.float32)  # of another shape
    flat = outputs.reshape(2, 2)
    mse = loss_on_numbers(KerasClass(name="mse"), "logits", yes_no=False)(targets, outputs)
    np.testing.assert_allclose(mse, ((targets - flat) ** 2).mean(-1))
    huber = loss_on_numbers(KerasClass(name="huber", delta=0.5), "logits", yes_no=False)(targets, outputs)
    error = np.abs(targets - flat)
    np.testing.assert_allclose(huber, np.where(error < 0.5, error**2 / 2, 0.5 * error - 0.125).mean(-1))
    bce = loss_on_numbers(KerasClass(name="bce"), "logits", yes_no=True)(targets, outputs)
    right = 1 / (1 + np.exp(np.where(targets == 1, -flat, flat)))
    np.testing.assert_allclose(bce, -np.log(right).mean(-1), rtol=1e-5)
    with pytest.raises(EdgemlError, match="labels are independent"):
        loss_on_numbers(KerasClass(name="bce"), "softmax", yes_no=True)


def test_classes_of_a_data_set_are_no_labels_of_an_autoencoder(made, tmp_path):
    """The images that it ends in have one channel, which is no logit of the ten digits."""
    preset = made(
        "autoencoder",
        **{
            "data.npz": "digits",
            'scaling="standard"': 'scaling="unit", constant=16',
            "keras.Input((6,)": "keras.Input((8, 8, 1)",
            'layers.Dense(12, activation="relu", name="fc1"),': "",
            "layers.Dense(6": "layers.Conv2D(1, 1",
        },
    )
    run = train(preset, tmp_path / "run", presets.choose(preset, epochs=1))
    lower(run)
    assert golden.read(run.golden_file, run.graph()).label is None
