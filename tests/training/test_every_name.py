"""Whatever Keras lists of metrics, losses, schedules, initializers, ... works or is refused with a remedy."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from edgeml import presets
from edgeml.errors import EdgemlError
from edgeml.keras.float_model import float_model
from edgeml.keras.load import load_model
from edgeml.presets import KerasClass, Training
from edgeml.training import initial, metrics
from edgeml.training.build import build_model
from edgeml.training.fit import PhaseSettings, PhaseTrainer, check_names
from edgeml.training.history import read_history
from edgeml.training.initial import initializer_of
from edgeml.training.kernels import constraint_of, regularizer_of, restrain
from edgeml.training.metrics import EpochMetrics
from edgeml.training.rates import rates_of
from edgeml.training.train import train
from tests.training.test_training import PRESET

CLASSES = np.array([0, 2, 1, 2])
LOGITS = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
BITS = np.array([1, 0, 0, 1])
NUMBERS = np.random.default_rng(1).normal(size=(4, 2)).astype(np.float32)
LABELS = np.array([[1, 0], [0, 1], [1, 1], [0, 0]], np.float32)
TASKS = {
    "several": ("classification", "logits", 3, CLASSES, LOGITS),
    "two": ("classification", "logits", 1, BITS, LOGITS[:, :1]),
    "labels": ("multi_label", "logits", 2, LABELS, LOGITS[:, :2]),
    "numbers": ("regression", "logits", 2, NUMBERS, LOGITS[:, :2]),
}
ARGUMENTS: dict[str, dict[str, Any]] = {
    "PrecisionAtRecall": {"recall": 0.5},
    "RecallAtPrecision": {"precision": 0.5},
    "SensitivityAtSpecificity": {"specificity": 0.5},
    "SpecificityAtSensitivity": {"sensitivity": 0.5},
    "ExponentialDecay": {"decay_steps": 2, "decay_rate": 0.5},
    "InverseTimeDecay": {"decay_steps": 2, "decay_rate": 0.5},
    "PolynomialDecay": {"decay_steps": 8},
    "CosineDecay": {"decay_steps": 8},
    "CosineDecayRestarts": {"first_decay_steps": 2},
    "PiecewiseConstantDecay": {"boundaries": (1.0, 2.0), "values": (0.4, 0.2, 0.1)},
    "RandomNormal": {"stddev": 0.1},
}


def listed(module: str, base: str) -> list[str]:
    """The classes that Keras lists in a module, their base class left out."""
    import keras

    home: Any = keras
    for part in module.split("."):
        home = getattr(home, part)
    root = getattr(home, base)
    found = {value for value in vars(home).values() if isinstance(value, type) and issubclass(value, root)}
    return sorted(kind.__name__ for kind in found - {root})


def stated(name: str) -> KerasClass:
    return KerasClass(name=name, **ARGUMENTS.get(name, {}))


class TestMetrics:
    def test_each_works_for_a_task_or_is_refused(self):
        for name in listed("metrics", "Metric"):
            values, messages = [], []
            for task, end, outputs, truth, results in TASKS.values():
                try:
                    values += EpochMetrics([stated(name)], task, end, outputs).values(truth, results).values()
                except EdgemlError as error:
                    messages.append((error.hint, str(error)))
            assert all(hint or name in metrics._REFUSED for hint, _ in messages), messages
            assert bool(values) != (name in metrics._REFUSED), (name, messages)
            assert all(math.isfinite(value) for value in values), (name, values)

    @pytest.mark.parametrize("case", ["two", "labels"])
    def test_figures_of_logits_are_those_of_probabilities(self, case):
        from sklearn.metrics import precision_score, roc_auc_score

        task, end, outputs, truth, results = TASKS[case]
        chosen = [KerasClass(name="AUC", num_thresholds=2000), KerasClass(name="precision")]
        figures = EpochMetrics(chosen, task, end, outputs).values(truth, results)
        yes = (results > 0).astype(int).ravel()
        assert figures["val_precision"] == pytest.approx(precision_score(truth.ravel(), yes))
        expected = roc_auc_score(truth.ravel(), results.ravel())
        assert figures["val_auc_num_thresholds_2000"] == pytest.approx(expected, abs=0.01)

    def test_of_numbers_and_of_classes(self):
        task, end, outputs, truth, results = TASKS["numbers"]
        one = EpochMetrics([KerasClass(name="mae")], task, end, outputs)
        assert one.values(truth, results)["val_mean_absolute_error"] == pytest.approx(
            np.abs(truth - results).mean()
        )
        task, end, outputs, truth, results = TASKS["several"]
        several = EpochMetrics([KerasClass(name="sparse_categorical_accuracy")], task, end, outputs)
        assert list(several.values(truth, results).values()) == [(results.argmax(1) == truth).mean()]
        assert several.modes == {"val_sparse_categorical_accuracy": "max"}

    @pytest.mark.parametrize(
        ("name", "case", "message"),
        [
            (
                "acuracy",
                "two",
                "unknown metric 'acuracy' .Accuracy compares .*edgeml gives the accuracy itself",
            ),
            ("presicion", "two", "unknown metric 'presicion' .did you mean Precision"),
            ("r2_score", "two", "is about numbers, .*use auc, precision"),
            ("f1_score", "numbers", "is about classes, .*use mean_absolute_error"),
            ("categorical_accuracy", "labels", "of which a sample has one"),
            ("mean_io_u", "two", "areas of a segmentation"),
        ],
    )
    def test_refused(self, name, case, message):
        task, end, outputs, _, _ = TASKS[case]
        with pytest.raises(EdgemlError, match=message):
            EpochMetrics([KerasClass(name=name)], task, end, outputs)

    def test_one_metric_twice_is_refused(self):
        with pytest.raises(EdgemlError, match="named twice"):
            EpochMetrics(
                [KerasClass(name="mse"), KerasClass(name="MeanSquaredError")], "regression", "logits", 2
            )


def test_every_schedule_gives_rates():
    names = listed("optimizers.schedules", "LearningRateSchedule")
    assert names
    for name in names:
        rates = rates_of(Training(float_epochs=4, epochs=4, schedule=stated(name)), 0.5, 4)
        assert rates is not None and rates(0) >= rates(1) > 0, name


def test_every_initializer_draws_or_is_refused():
    for name in listed("initializers", "Initializer"):
        if name in initial._REFUSED:
            with pytest.raises(EdgemlError, match="use glorot_uniform"):
                initializer_of(KerasClass(name=name), 1)
        else:
            drawn = np.asarray(initializer_of(stated(name), 1)((6, 6)))
            assert np.unique(drawn).size > 1, name


def test_every_regularizer_and_constraint_is_made():
    import keras

    kernel = keras.ops.ones((6, 3))
    for name in listed("regularizers", "Regularizer"):
        chosen = KerasClass(name=name, l1=0.1) if name == "L1L2" else KerasClass(name=name)
        assert float(regularizer_of(chosen)(kernel)) > 0, name
    for name in listed("constraints", "Constraint"):
        assert constraint_of(KerasClass(name=name))(kernel).shape == (6, 3), name


def test_kernels_alone_are_restrained():
    import keras

    layers = [keras.layers.Dense(5), keras.layers.BatchNormalization(), keras.layers.Dense(2)]
    model = keras.Sequential([keras.Input((4,)), *layers])
    chosen = Training(
        float_epochs=1,
        epochs=1,
        regularizer=KerasClass(name="l2", l2=0.5),
        constraint=KerasClass(name="max_norm", max_value=0.125),
    )
    restrain(model, chosen)
    kernels = [layers[0].kernel, layers[2].kernel]
    expected = sum(0.5 * float(np.square(kernel.numpy()).sum()) for kernel in kernels)
    assert float(sum(model.losses)) == pytest.approx(expected, rel=1e-5)
    for kernel in kernels:
        norms = np.linalg.norm(np.asarray(kernel.constraint(kernel)), axis=0)  # of each unit
        np.testing.assert_allclose(
            norms, np.minimum(np.linalg.norm(kernel.numpy(), axis=0), 0.125), rtol=1e-4
        )
    assert layers[0].bias.constraint is None and layers[1].gamma.regularizer is None


def test_activities_of_hidden_layers_are_part_of_the_loss():
    import keras

    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((3,)),
            layers.Dense(4, activation="tanh"),
            layers.Dense(5),
            layers.ReLU(),
            layers.Dense(2, activation="sigmoid"),
        ]
    )
    settings = ["training.activity_regularizer={name='l1', l1=0.25}"]
    restrain(model, presets.choose(presets.load("iris_mlp"), settings).training)
    x = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    model(x, training=True)
    first, second = (layer.kernel.numpy() for layer in model.layers[:2])  # biases are zero
    curved = np.tanh(x @ first)
    hidden = (curved, np.maximum(curved @ second, 0))
    expected = sum(0.25 * float(np.abs(one).sum()) / 6 for one in hidden)
    assert float(sum(model.losses)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("training.regularizer=l3", "unknown regularizer 'l3' .did you mean L"),
        ("training.regularizer={name='l2', l1=0.1}", "unknown argument 'l1' .did you mean l2"),
        ("training.activity_regularizer=l3", "training.activity_regularizer: unknown regularizer 'l3'"),
        ("training.constraint=maxnorn", "unknown constraint 'maxnorn' .did you mean MaxNorm"),
        ("training.metrics=acu", "unknown metric 'acu' .did you mean AUC"),
    ],
)
def test_an_unknown_name_is_refused_before_training(setting, message):
    with pytest.raises(EdgemlError, match=message):
        check_names(presets.choose(presets.load("iris_mlp"), [setting]).training)


def test_a_constraint_beside_pruning_is_refused():
    settings = ["training.constraint=max_norm", "training.pruning.sparsity=0.5"]
    with pytest.raises(EdgemlError, match="a constraint of its own"):
        restrain(None, presets.choose(presets.load("iris_mlp"), settings).training)


@pytest.fixture
def preset(tmp_path):
    path = tmp_path / "net.py"
    path.write_text(PRESET)
    return presets.load(path)


@pytest.mark.slow  # every loss compiles two steps
def test_every_loss_trains_float_and_quantized(preset):
    choices = presets.choose(preset, ["data.task=classification"])
    data = presets.prepare(choices.data)
    trained, refused = set(), []
    for name in listed("losses", "Loss"):
        chosen = choices.training.model_copy(update={"loss": KerasClass(name=name)})
        for phase in ("float", "qat"):
            model = build_model(preset, choices)
            model = float_model(model) if phase == "float" else model
            try:
                trainer = PhaseTrainer(model, data, PhaseSettings.of(phase, chosen, 1))
            except EdgemlError as error:
                refused.append(str(error))
                continue
            before = [weight.numpy() for weight in model.trainable_weights]
            row = trainer.epoch(trainer.settings.begin(), lambda fraction: None).rows[-1]
            assert math.isfinite(row.loss) and math.isfinite(row.val_loss), name
            after = [weight.numpy() for weight in model.trainable_weights]
            assert any(not np.array_equal(one, two) for one, two in zip(before, after, strict=True)), name
            trained.add(name)
    assert all("use " in text or "end the model in" in text for text in refused), refused
    assert len(trained) + len(refused) // 2 == len(listed("losses", "Loss"))
    taught = {"MeanSquaredError", "MeanAbsoluteError", "Huber", "CategoricalCrossentropy"}
    assert taught | {"CategoricalFocalCrossentropy", "SparseCategoricalCrossentropy"} <= trained


@pytest.mark.slow
def test_metrics_stop_a_training_and_stand_in_its_history(preset, tmp_path):
    settings = [
        "training.metrics=['auc', 'f1_score']",
        "training.regularizer={name='l1', l1=1e-3}",
        "training.constraint={name='max_norm', max_value=1.5}",
        "training.early_stopping.monitor=val_auc",
        "training.early_stopping.patience=1",
    ]
    run = train(preset, tmp_path / "run", presets.choose(preset, settings, seed=3))
    rows = read_history(run.history_file)
    assert all(
        0 < row.metrics["val_auc"] <= 1 and set(row.metrics) == {"val_auc", "val_f1_score"} for row in rows
    )
    for phase in ("float", "qat"):
        areas = [row.metrics["val_auc"] for row in rows if row.phase == phase]
        assert all(one < two for one, two in pairwise(areas[:-1]))  # till it stopped
    for layer in ("fc1", "logits"):
        kernel = load_model(run.model_file).get_layer(layer).kernel.numpy()
        assert np.linalg.norm(kernel, axis=0).max() <= 1.5 + 1e-4
