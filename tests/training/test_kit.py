"""Optimizers, losses, schedules and class weights by the names of Keras, against formulas and refusals."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from edgeml import presets
from edgeml.errors import EdgemlError
from edgeml.keras.load import load_model
from edgeml.presets import KerasClass, Training
from edgeml.training.history import read_history
from edgeml.training.losses import loss_of, weights_of
from edgeml.training.optimizer import _REFUSED, optimizer_of
from edgeml.training.rates import next_rate, rates_of
from edgeml.training.state import TrainingState
from edgeml.training.train import train
from tests.training.test_training import PRESET, Recorder

OPTIMIZERS = (
    "adadelta", "adafactor", "adagrad", "adam", "adamax", "adamw", "ftrl", "lamb", "lion", "muon", "nadam",
    "rmsprop", "sgd",
)  # fmt: skip
LABELS = np.array([0, 2, 1, 2])
LOGITS = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
SOFTMAX = (np.exp(LOGITS) / np.exp(LOGITS).sum(-1, keepdims=True)).astype(np.float32)
ONE_HOT = np.eye(3)[LABELS]
BITS = np.array([1, 0, 0, 1])
LOGIT = LOGITS[:, :1]
SIGMOID = (1 / (1 + np.exp(-LOGIT))).astype(np.float32)


def training(**changes) -> Training:
    return Training(float_epochs=4, epochs=4, **changes)


@pytest.fixture
def preset(tmp_path):
    path = tmp_path / "net.py"
    path.write_text(PRESET)
    return presets.load(path)


class TestOptimizers:
    def test_all_that_keras_has_are_tried_or_refused(self):
        import keras

        base = keras.optimizers.Optimizer
        classes = [kind for kind in vars(keras.optimizers).values() if isinstance(kind, type)]
        names = {kind.__name__ for kind in classes if issubclass(kind, base) and kind is not base}
        assert {name.lower() for name in names - set(_REFUSED)} == set(OPTIMIZERS)

    @pytest.mark.parametrize("name", OPTIMIZERS)
    def test_it_is_keras_own_with_its_arguments(self, name):
        optimizer = optimizer_of(KerasClass(name=name, weight_decay=0.01, clipnorm=1.0), 0.125)
        assert type(optimizer).__name__.lower() == name
        assert (float(optimizer.learning_rate), optimizer.weight_decay, optimizer.clipnorm) == (
            0.125,
            0.01,
            1.0,
        )

    @pytest.mark.slow
    @pytest.mark.parametrize("name", OPTIMIZERS)
    def test_it_learns_and_resumes_bit_for_bit(self, preset, tmp_path, name):
        rate = {"adadelta": 1.0, "ftrl": 0.2, "adagrad": 0.2, "sgd": 0.1}.get(name, 0.02)
        choices = presets.choose(
            preset,
            [
                f"training.optimizer={name}",
                f"training.float_learning_rate={rate}",
                f"training.learning_rate={rate}",
            ],
        )
        whole = train(preset, tmp_path / "whole", choices)
        rows = read_history(whole.history_file)
        assert min(row.loss for row in rows) < 0.8 * rows[0].loss
        with pytest.raises(KeyboardInterrupt):
            train(preset, tmp_path / "cut", choices, Recorder("qat", 2, KeyboardInterrupt))
        cut = train(preset, tmp_path / "cut", choices)
        assert [row.loss for row in read_history(cut.history_file)] == [row.loss for row in rows]
        for one, two in zip(
            load_model(whole.model_file).weights, load_model(cut.model_file).weights, strict=True
        ):
            np.testing.assert_array_equal(one.numpy(), two.numpy())

    @pytest.mark.parametrize(
        ("stated", "message"),
        [
            (KerasClass(name="sdg"), r"training\.optimizer: unknown optimizer 'sdg' \(did you mean SGD"),
            (KerasClass(name="sgd", momentun=0.9), r"unknown argument 'momentun' \(did you mean momentum"),
            (KerasClass(name="sgd", learning_rate=0.1), r"set training\.float_learning_rate and"),
            (KerasClass(name="adam", lr=0.1), r"set training\.float_learning_rate and"),
            (KerasClass(name="adam", use_ema=True), "edgeml keeps the weights of the best epoch"),
            (KerasClass(name="sgd", momentum=7.0), r"training\.optimizer, sgd: Keras refuses it: .*momentum"),
            (KerasClass(name="schedule_free_adamw"), r"use adamw"),
        ],
    )
    def test_refused(self, stated, message):
        with pytest.raises(EdgemlError, match=message):
            optimizer_of(stated, 0.1)


def log_softmax(logits):
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True))


class TestLosses:
    @pytest.mark.parametrize(
        ("stated", "expected"),
        [
            ("auto", -(ONE_HOT * log_softmax(LOGITS)).sum(-1)),
            ("sparse_categorical_crossentropy", -(ONE_HOT * log_softmax(LOGITS)).sum(-1)),
            (
                KerasClass(name="categorical_crossentropy", label_smoothing=0.3),
                -((0.7 * ONE_HOT + 0.1) * log_softmax(LOGITS)).sum(-1),
            ),
            (
                KerasClass(name="categorical_focal_crossentropy", gamma=2.0, alpha=0.25),
                -(0.25 * ONE_HOT * (1 - SOFTMAX) ** 2 * log_softmax(LOGITS)).sum(-1),
            ),
            ("mse", ((ONE_HOT - LOGITS) ** 2).mean(-1)),
            ("mean_absolute_error", np.abs(ONE_HOT - LOGITS).mean(-1)),
        ],
    )
    def test_of_logits(self, stated, expected):
        stated = KerasClass(name=stated) if isinstance(stated, str) else stated
        np.testing.assert_allclose(loss_of(stated, "logits", 3)(LABELS, LOGITS), expected, rtol=1e-5)

    @pytest.mark.parametrize("name", ["auto", "sparse_categorical_crossentropy", "CategoricalCrossentropy"])
    def test_of_probabilities_it_is_the_same_and_never_a_softmax_of_a_softmax(self, name):
        expected = -(ONE_HOT * log_softmax(LOGITS)).sum(-1)
        loss = loss_of(KerasClass(name=name), "softmax", 3)(LABELS, SOFTMAX)
        np.testing.assert_allclose(loss, expected, rtol=1e-4)

    @pytest.mark.parametrize(("end", "outputs"), [("logits", LOGIT), ("sigmoid", SIGMOID)])
    @pytest.mark.parametrize("name", ["auto", "bce", "BinaryCrossentropy", "binary_focal_crossentropy"])
    def test_of_one_output(self, name, end, outputs):
        right = np.where(BITS == 1, SIGMOID[:, 0], 1 - SIGMOID[:, 0])
        expected = -np.log(right) * ((1 - right) ** 2 if "focal" in name else 1)
        np.testing.assert_allclose(loss_of(KerasClass(name=name), end, 1)(BITS, outputs), expected, rtol=1e-4)

    @pytest.mark.parametrize(
        ("name", "end", "outputs", "message"),
        [
            ("focal", "logits", 3, r"training\.loss: unknown loss 'focal' \(did you mean .*Focal"),
            ("hubber", "logits", 3, "did you mean Huber"),
            ("categorical_crossentropy", "logits", 1, "use binary_crossentropy"),
            ("binary_crossentropy", "softmax", 3, "use CategoricalCrossentropy"),
            ("kl_divergence", "logits", 3, "ends in logits .end the model in a softmax"),
            ("ctc", "logits", 3, "use sparse_categorical_crossentropy"),
        ],
    )
    def test_refused(self, name, end, outputs, message):
        with pytest.raises(EdgemlError, match=message):
            loss_of(KerasClass(name=name), end, outputs)

    def test_the_remedy_for_logits_is_refused_with_its_reason(self):
        stated = KerasClass(name="categorical_crossentropy", from_logits=True)
        with pytest.raises(EdgemlError, match="edgeml sees whether the model ends in logits"):
            loss_of(stated, "softmax", 3)


class TestClassWeights:
    LABELS = np.repeat([0, 1, 2], [90, 9, 1])

    def test_balanced_is_as_scikit_learn_has_it(self):
        from sklearn.utils.class_weight import compute_class_weight

        expected = compute_class_weight("balanced", classes=np.arange(3), y=self.LABELS)
        np.testing.assert_allclose(weights_of("balanced", self.LABELS, 3), expected, rtol=1e-6)

    def test_effective_lies_between_equal_and_balanced(self):
        weights = weights_of("effective", self.LABELS, 3)
        assert 1 < weights[2] / weights[0] < 90
        assert math.isclose(weights[self.LABELS].mean(), 1, rel_tol=1e-6)
        numbers = np.array([90, 9, 1])
        expected = (1 - 0.999) / (1 - 0.999**numbers)
        np.testing.assert_allclose(weights / weights[0], expected / expected[0], rtol=1e-5)

    def test_a_class_without_a_sample_counts_nothing(self):
        assert weights_of("balanced", np.array([0, 0, 1]), 3)[2] == 0


class TestRates:
    def rates(self, schedule, warmup_epochs=0, rate=0.5):
        chosen = training(schedule=schedule, warmup_epochs=warmup_epochs)
        at = rates_of(chosen, rate, 4)
        assert at is not None
        return [round(at(epoch), 6) for epoch in range(4)]

    def test_by_formula(self):
        assert self.rates("constant") == [0.5] * 4
        step = KerasClass(name="exponential_decay", decay_steps=2, decay_rate=0.1, staircase=True)
        assert self.rates(step) == [0.5, 0.5, 0.05, 0.05]
        pieces = KerasClass(name="PiecewiseConstantDecay", boundaries=(0, 2), values=(0.4, 0.2, 0.1))
        assert self.rates(pieces) == [0.4, 0.2, 0.2, 0.1]
        restarts = KerasClass(name="cosine_decay_restarts", first_decay_steps=2)
        assert self.rates(restarts)[2] == self.rates(restarts)[0] == 0.5 > self.rates(restarts)[1]

    def test_warm_up_rises_to_the_schedule(self):
        assert self.rates("constant", 3) == [0.125, 0.25, 0.375, 0.5]

    def test_plateau_follows_the_results(self):
        chosen = training(schedule="plateau", plateau_patience=2)
        assert rates_of(chosen, 0.5, 4) is None
        state = TrainingState("qat", 0.5)
        assert next_rate(replace(state, plateau=1), chosen, None).rate == 0.5
        assert next_rate(replace(state, plateau=2), chosen, None).rate == 0.25

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"schedule": "cosin"}, r"training\.schedule: unknown schedule 'cosin' .did you mean cosine"),
            (
                {"schedule": KerasClass(name="exponential_decay", decay_steps=2)},
                "needs decay_rate .write {name='exponential_decay', decay_steps=2, decay_rate=",
            ),
            ({"schedule": KerasClass(name="cosine_decay", decay_steps=2)}, "gives a rate of 0 in epoch 3"),
            ({"schedule": KerasClass(name="constant", rate=1)}, "constant takes no rate"),
            ({"schedule": "plateau", "warmup_epochs": 2}, "plateau has no warm-up"),
        ],
    )
    def test_refused(self, changes, message):
        with pytest.raises(EdgemlError, match=message):
            rates_of(training(**changes), 0.5, 4)


class TestFromTheCommandLine:
    def test_a_word_then_its_arguments(self, preset):
        chosen = presets.choose(
            preset,
            ["training.optimizer=sgd", "training.optimizer.momentum=0.9", "training.optimizer.nesterov=true"],
        )
        assert chosen.training.optimizer == KerasClass(name="sgd", momentum=0.9, nesterov=True)

    def test_a_wrong_name_leaves_no_run(self, preset, tmp_path):
        with pytest.raises(EdgemlError, match="did you mean SGD"):
            train(preset, tmp_path / "run", presets.choose(preset, ["training.optimizer=sdg"]))
        assert not (tmp_path / "run").exists()

    @pytest.mark.slow
    def test_everything_at_once_is_exact_and_kept_in_the_run(self, preset, tmp_path):
        choices = presets.choose(
            preset,
            [
                "training.optimizer={name='sgd', momentum=0.9, clipnorm=1.0}",
                "training.loss=categorical_focal_crossentropy",
                "training.loss.label_smoothing=0.1",
                "training.class_weights=effective",
                "training.schedule={name='exponential_decay', decay_steps=1, decay_rate=0.5}",
                "training.warmup_epochs=1",
            ],
        )
        run = train(preset, tmp_path / "run", choices)
        assert run.config.training == choices.training
        rates = [row.learning_rate for row in read_history(run.history_file) if row.phase == "qat"]
        np.testing.assert_allclose(rates[:3], [0.005, 0.005, 0.0025], rtol=1e-6)
        again = train(preset, tmp_path / "run", choices)  # nothing differs, nothing is trained
        assert again.config == run.config


OWN = PRESET.replace(
    "def build(q):",
    """
def doubled(labels, outputs):
    import keras

    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="none")
    return 2 * loss(labels, outputs)


def followers(phase, folder):
    import keras

    class Follower(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            assert 0 < logs["loss"] and 0 <= logs["accuracy"] <= 1
            self.batches = batch + 1

        def on_epoch_end(self, epoch, logs=None):
            with open(folder / f"{phase}.txt", "a") as log:
                print(epoch, self.batches, sorted(logs), file=log)
            self.model.stop_training = epoch == 2

    return [Follower(), keras.callbacks.LearningRateScheduler(lambda epoch: 0.25 / (epoch + 1))]


def build(q):""",
).replace("    build=build,", "    build=build,\n    loss=doubled,\n    callbacks=followers,")


def own(tmp_path, *replacements):
    text = OWN
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "own.py"
    path.write_text(text)
    return presets.load(path)


class TestOfTheUsersOwn:
    def test_loss_and_callbacks(self, tmp_path):
        plain = Recorder("float", 1, KeyboardInterrupt)  # its first epoch is enough
        with pytest.raises(KeyboardInterrupt):
            train(own(tmp_path, ("    loss=doubled,\n", "")), tmp_path / "plain", progress=plain)
        run = train(own(tmp_path), tmp_path / "run")
        rows = read_history(run.history_file)
        assert rows[0].val_loss > 1.2 * plain.rows[0].val_loss
        assert [row.epoch for row in rows] == [1, 2, 3, 1, 2, 3]  # the callback stops it
        np.testing.assert_allclose(
            [row.learning_rate for row in rows[:3]], [0.25, 0.125, 0.25 / 3], rtol=1e-6
        )
        lines = (tmp_path / "run" / "qat.txt").read_text().splitlines()
        keys = ["accuracy", "learning_rate", "loss", "val_accuracy", "val_loss"]
        assert lines == [f"{epoch} 6 {keys}" for epoch in range(3)]
        assert keras_loads_without_an_optimizer(run.model_file)

    @pytest.mark.parametrize(
        ("old", "new", "message"),
        [
            (
                "return 2 * loss(labels, outputs)",
                "return loss(labels, outputs)[0]",
                "without a mean over them",
            ),
            ("return 2 * loss(labels, outputs)", "return 1 / 0", "loss of the preset: ZeroDivisionError"),
            (
                "self.batches = batch + 1",
                "self.batches = [][batch]",
                r"Follower\.on_train_batch_end: IndexError",
            ),
            ("return [Follower(), ", "return [3, ", r"own\.py, followers\(\): gave a int"),
            (
                "    import keras\n\n    class",
                "    import kears\n\n    class",
                r"followers\(\): ModuleNotFoundError",
            ),
        ],
    )
    def test_a_fault_in_it_is_one_error(self, tmp_path, old, new, message):
        with pytest.raises(EdgemlError, match=message):
            train(own(tmp_path, (old, new)), tmp_path / "run")
        assert not (tmp_path / "run" / "float.keras").exists()

    def test_two_losses_are_refused(self, tmp_path):
        preset = own(tmp_path)
        choices = presets.choose(preset, ["training.loss=categorical_crossentropy"])
        with pytest.raises(EdgemlError, match="the preset has a loss of its own") as caught:
            train(preset, tmp_path / "run", choices)
        assert caught.value.hint == "leave out one of them" and not (tmp_path / "run").exists()

    def test_a_changed_loss_is_another_run(self, tmp_path):
        changed = own(tmp_path, ("2 * loss", "3 * loss"))
        assert changed.code["doubled"] != own(tmp_path).code["doubled"]
        assert own(tmp_path, ("loss=doubled,", "loss=None,")).code != own(tmp_path).code


def keras_loads_without_an_optimizer(path) -> bool:
    return not hasattr(load_model(path), "optimizer") or load_model(path).optimizer is None


@pytest.mark.slow
def test_keras_own_callbacks_work(tmp_path):
    text = PRESET.replace(
        "def build(q):",
        """
def followers(phase, folder):
    import keras

    file = folder / f"{phase}.best.keras"
    best = keras.callbacks.ModelCheckpoint(file, monitor="val_loss", save_best_only=True)
    return [best, keras.callbacks.CSVLogger(folder / f"{phase}.csv"), keras.callbacks.TerminateOnNaN()]


def build(q):""",
    ).replace("    build=build,", "    build=build,\n    callbacks=followers,")
    path = tmp_path / "own.py"
    path.write_text(text)
    preset = presets.load(path)
    run = train(preset, tmp_path / "run", presets.choose(preset, epochs=3))
    for phase in ("float", "qat"):
        rows = [row for row in read_history(run.history_file) if row.phase == phase]
        logged = np.genfromtxt(run.folder / f"{phase}.csv", delimiter=",", names=True)
        np.testing.assert_allclose(logged["val_loss"], [row.val_loss for row in rows])
        saved = load_model(run.folder / f"{phase}.best.keras")
        assert saved.count_params() == load_model(run.model_file).count_params()
