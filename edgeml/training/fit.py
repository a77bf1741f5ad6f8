"""One phase of training: optimizer, loss, learning rates, early stopping, best weights, resume.

The epoch is one TensorFlow function over data held in memory, which for small models is many times faster
than feeding batch by batch. Between epochs the whole training is a `TrainingState`.

Invariant: the result depends on model, data, settings and seed alone: not on where it was interrupted, on how
an epoch is cut into calls, or on whether progress is shown.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from edgeml.datasets import Array, StreamedRows, check_room
from edgeml.errors import EdgemlError, excerpt
from edgeml.interrupts import held_signals
from edgeml.presets import Prepared, Training
from edgeml.training.augment import augmenter_of, check_augmentation
from edgeml.training.callbacks import PhaseCallbacks
from edgeml.training.diverged import diverged
from edgeml.training.ending import ending
from edgeml.training.goal import check_fit, goal_of, targets_of
from edgeml.training.history import TensorBoardLog
from edgeml.training.initial import initializer_of
from edgeml.training.kernels import ACTIVITY, constraint_of, regularizer_of, restrain
from edgeml.training.losses import LossFunction, loss_class
from edgeml.training.metrics import EpochMetrics, check_metrics
from edgeml.training.optimizer import optimizer_of
from edgeml.training.progress import EpochRow, TrainingProgress
from edgeml.training.rates import next_rate, rates_of
from edgeml.training.replicas import LostWorkerError, Replicas
from edgeml.training.seeds import shuffled
from edgeml.training.small.distillation import distilled
from edgeml.training.state import TrainingState, load_state, save_state
from edgeml.training.steps import trainer
from edgeml.training.stopping import EarlyStop, stopping_callback

if TYPE_CHECKING:
    import keras

_CALL_SECONDS = 0.3  # how long Ctrl-C and the progress bar wait for one call into TensorFlow
_SAVE_SECONDS = 3.0  # a kill loses at most this much, and an epoch
_EVALUATE_BATCH = 1000
_CONSTANT_COPIES = {"float": 3, "qat": 2}  # TensorFlow's own, which it keeps for good, and one on the way


@dataclass(frozen=True)
class PhaseSettings:
    """The numbers of one phase; see `edgeml.presets.Training`."""

    phase: Literal["float", "qat"]
    epochs: int
    rate: float
    training: Training
    seed: int
    task: str = "classification"

    @staticmethod
    def of(
        phase: Literal["float", "qat"], training: Training, seed: int, task: str = "classification"
    ) -> PhaseSettings:
        """The settings of one phase of a training."""
        if phase == "float":
            epochs, rate = training.float_epochs, training.float_learning_rate
        else:
            epochs, rate = training.epochs, training.learning_rate
        return PhaseSettings(phase, epochs, rate, training, seed, task)

    def begin(self) -> TrainingState:
        """The state before the first epoch."""
        return TrainingState(self.phase, self.rate)


def fit(
    model: keras.Model,
    data: Prepared,
    settings: PhaseSettings,
    state_file: Path,
    board: TensorBoardLog,
    progress: TrainingProgress,
    callbacks: PhaseCallbacks | None = None,
    loss: LossFunction | None = None,
    teacher: Array | None = None,
    replicas: Replicas | None = None,
) -> tuple[EpochRow, ...]:
    """Train `model` in place and leave it with the weights of its best epoch.

    Args:
        model: one output; of a classifier logits or the probabilities of a softmax or of sigmoids, one value
            for two classes or one per class.
        data: what to train and validate on.
        settings: of the phase.
        state_file: where the training is kept between epochs; continued from there if it exists.
        board: for TensorBoard.
        progress: notified of every epoch.
        callbacks: of the user's own; none if None.
        loss: the user's own function in place of the one that the settings name.
        teacher: logits of the training part, (n, classes), see `edgeml.training.small.distillation`.
        replicas: where the model, made in their scope, is trained; here alone if None.

    Returns:
        All epochs, those before an interruption included.

    Raises:
        EdgemlError: data and model do not fit, the loss is no longer finite, or the disk is full.
        LostWorkerError: another worker is gone; the state is saved first.
        KeyboardInterrupt: the state is saved first.
    """
    check_fit(model, data, settings.task)
    hooks = callbacks or PhaseCallbacks()
    with held_signals():
        at_work = PhaseTrainer(model, data, settings, hooks, loss, teacher, replicas)
    state = at_work.start(state_file)
    progress.phase(settings.phase, settings.epochs, state.epoch)
    saved, saved_at = state, time.monotonic()
    hooks.begin(model, at_work.optimizer, settings.epochs, at_work.steps)
    try:
        while state.epoch < settings.epochs and not at_work.ends(state):
            state = at_work.epoch(state, progress.advance)
            board.write(state.rows[-1])
            progress.epoch(state.rows[-1])
            hooks.epoch_ended(state.rows[-1])
            if at_work.replicas.agreed([hooks.stops(model)])[0]:
                break
            if time.monotonic() - saved_at > _SAVE_SECONDS:
                save_state(state_file, state)
                saved, saved_at = state, time.monotonic()
    except (KeyboardInterrupt, LostWorkerError):
        if state is not saved:
            with suppress(EdgemlError):  # a full disk must not hide the interruption
                save_state(state_file, state)
        raise
    hooks.end(model)
    _assign(model.variables, state.best)
    return state.rows


def check_names(training: Training) -> None:
    """Refuse a class of Keras that cannot be made (optimizer, loss, ...), before a model is built.

    Raises:
        EdgemlError: Keras has no such class or argument, or refuses a value.
        MissingToolError: TensorFlow is not installed.
    """
    for rate, epochs in (
        (training.float_learning_rate, training.float_epochs),
        (training.learning_rate, training.epochs),
    ):
        rates_of(training, rate, epochs)
        optimizer_of(training.optimizer, rate)
    if training.loss.name != "auto":
        loss_class(training.loss)
    stopping_callback(training.early_stopping)
    check_augmentation(training.augmentation)
    check_metrics(training.metrics)
    regularizer_of(training.regularizer)
    regularizer_of(training.activity_regularizer, ACTIVITY)
    constraint_of(training.constraint)
    initializer_of(training.initializer, 0)


def outputs_of(model: keras.Model, x: Array) -> Array:
    """The model's output for samples x: float32, shape (n, outputs), in batches of a fixed size."""
    starts = range(0, len(x), _EVALUATE_BATCH)
    return np.concatenate(
        [model(x[start : start + _EVALUATE_BATCH], training=False).numpy() for start in starts]
    )


class PhaseTrainer:
    """A model, its optimizer and its data inside TensorFlow."""

    def __init__(
        self,
        model: Any,
        data: Prepared,
        settings: PhaseSettings,
        hooks: PhaseCallbacks | None = None,
        loss: LossFunction | None = None,
        teacher: Array | None = None,
        replicas: Replicas | None = None,
    ) -> None:
        training, self.replicas = settings.training, replicas or Replicas()
        self.model, self.data, self.settings = model, data, settings
        self.hooks = hooks or PhaseCallbacks()
        self.rates = rates_of(training, settings.rate, settings.epochs)
        restrain(model, training)
        with self.replicas.scope():
            self.optimizer = optimizer_of(training.optimizer, settings.rate)
            self.optimizer.build(model.trainable_variables)
        self.goal = goal_of(model, data, training, settings.task, loss, outputs_of)
        self.targets = targets_of(data, "train", settings.task)
        self.augmenter = augmenter_of(training.augmentation, data, settings.seed, settings.phase)
        batch = self.batch = min(training.batch_size, len(data.x_train))
        goal, targets = self.goal, self.targets
        if teacher is not None:
            goal, targets = distilled(goal, targets, teacher, training.distillation)
        samples = (data.x_train, targets)
        if not isinstance(data.x_train, StreamedRows):
            check_room(
                _CONSTANT_COPIES[settings.phase] * data.x_train.nbytes, "training", data.dataset.source
            )
        self.train = trainer(model, self.optimizer, goal, samples, batch, self.augmenter, self.replicas)
        outputs = math.prod(model.output_shape[1:])
        self.metrics = EpochMetrics(training.metrics, settings.task, ending(model), outputs)
        figures = self.metrics.modes
        self.stop = EarlyStop(
            training.early_stopping, settings.task, self.goal.counts, self.goal.threshold, figures
        )
        if self.stop.of_task:  # an unknown figure is refused before anything is trained
            self.stop.monitored(outputs_of(model, data.x_val), self._truth())
        self.steps = math.ceil(len(data.x_train) / batch)
        self.steps_per_call = 1 if self.hooks.per_batch else self.replicas.steps_per_call or 1
        self.begin = _values(model.variables), _values(self.optimizer.variables)  # of the current epoch

    def start(self, state_file: Path) -> TrainingState:
        """The state to go on from, put into model and optimizer."""
        begin = TrainingState(self.settings.phase, self.rates(0) if self.rates else self.settings.rate)
        if not state_file.exists():
            return begin
        state = load_state(state_file)
        if state.phase != self.settings.phase:  # of the phase before, which ended after it was written
            return begin
        _assign(self.model.variables, state.weights, state_file)
        _assign(self.optimizer.variables, state.optimizer, state_file)
        self.begin = list(state.weights), list(state.optimizer)
        if self.stop.active:
            self.stop.again(state.rows, outputs_of(self.model, self.data.x_val), self._truth())
        return state

    def ends(self, state: TrainingState) -> bool:
        """True if no epoch follows: early stopping says so, or too many epochs were no better."""
        if self.stop.active:
            return self.stop.stops
        return state.epoch - state.best_epoch >= self.settings.training.patience

    def _truth(self) -> Array:
        """The targets of the validation part as the figures of the task take them."""
        return targets_of(self.data, "val", self.settings.task)

    def epoch(self, state: TrainingState, advance: Callable[[float], None]) -> TrainingState:
        """Train one epoch; the state after it.

        Raises:
            EdgemlError: the loss is no longer finite.
        """
        number = state.epoch + 1
        self.optimizer.learning_rate.assign(state.rate)
        if self.augmenter is not None:
            self.augmenter.begin(number)
        self.hooks.call("on_epoch_begin", number - 1)
        order = shuffled(len(self.data.x_train), self.settings.seed, self.settings.phase, number)
        with self.replicas.watched():
            loss, right = self._steps(order, number, advance)
            with held_signals():
                (val_loss, val_accuracy, monitored), metrics = self._validate()
        assert val_loss is not None
        row = EpochRow(
            phase=self.settings.phase,
            epoch=number,
            learning_rate=self._rate(state.rate),
            loss=loss / len(order),
            accuracy=right / len(order) if self.goal.counts else None,
            val_loss=val_loss,
            val_accuracy=val_accuracy,
            monitored=monitored,
            metrics=metrics,
        )
        if not math.isfinite(row.val_loss):
            raise diverged(self.settings.phase, number, None, self.model, self.data.x_val[:_EVALUATE_BATCH])
        self.stop.see(row)
        self.begin = _values(self.model.variables), _values(self.optimizer.variables)
        after = state.after(row, *self.begin, self.stop.score(row))
        return next_rate(after, self.settings.training, self.rates)

    def _rate(self, stated: float) -> float:
        """The epoch's learning rate: as stated, or as a callback has set it."""
        rate = float(self.optimizer.learning_rate.numpy())
        return stated if rate == np.float32(stated) else rate

    def _steps(self, order: Array, number: int, advance: Callable[[float], None]) -> tuple[float, float]:
        """Summed loss and number of right answers over one epoch."""
        import tensorflow as tf

        indices = tf.constant(order)
        sums: list[Array] = []
        first = 0
        while first < self.steps:
            last = min(first + self.steps_per_call, self.steps)
            began = time.monotonic()
            if self.hooks.per_batch:
                self.hooks.call("on_train_batch_begin", first)
            with held_signals():
                sums.append(self._called(indices, tf.constant(first), tf.constant(last)))
            if self.hooks.per_batch:
                samples = min(self.batch, len(order) - first * self.batch)
                loss, right = (float(total) / samples for total in sums[-1][0])
                self.hooks.call("on_train_batch_end", first, {"loss": loss, "accuracy": right})
            per_step = max(time.monotonic() - began, 1e-6) / (last - first)
            advance(last / self.steps)
            # At most doubled: the first call of all compiles and says nothing about the next.
            if not self.hooks.per_batch and not self.replicas.steps_per_call:
                self.steps_per_call = max(1, min(2 * self.steps_per_call, int(_CALL_SECONDS / per_step)))
            first = last
            if not np.all(np.isfinite(sums[-1])):
                raise self._diverged(order, number, np.concatenate(sums)[:, 0])
        # One sum over all steps: how they were cut into calls must not show in its last bits.
        loss, right = np.concatenate(sums).astype(np.float64).sum(axis=0)
        return float(loss), float(right)

    def _called(self, *arguments: Any) -> Array:
        """The sums of some steps; rows on the disk that cannot be read are the error that says so."""
        import tensorflow as tf

        try:
            return self.train(*arguments).numpy()
        except tf.errors.ResourceExhaustedError as error:
            what = f"a training step needs more memory than there is: {excerpt(error.message, 100)}"
            hint = f"set training.batch_size below {self.batch}"
            raise EdgemlError(what, f"batches of {self.batch} samples", hint) from None
        except tf.errors.OpError:
            fault = getattr(self.data.x_train, "fault", None)
            if fault is None:
                raise
            raise fault from None

    def _diverged(self, order: Array, number: int, losses: Array) -> EdgemlError:
        """The error of an epoch whose losses by batch are not finite: its weights are computed once more."""
        import tensorflow as tf

        batch = int(np.flatnonzero(~np.isfinite(losses))[0])
        _assign(self.model.variables, self.begin[0])
        _assign(self.optimizer.variables, self.begin[1])
        if batch:
            self.train(tf.constant(order), tf.constant(0), tf.constant(batch))
        samples = self.data.x_train[order[batch * self.batch : (batch + 1) * self.batch]]
        return diverged(self.settings.phase, number, batch + 1, self.model, samples)

    def _validate(self) -> tuple[tuple[float | None, ...], dict[str, float]]:
        """Mean loss, accuracy and the figure of early stopping over the validation part; and the metrics."""
        outputs = outputs_of(self.model, self.data.x_val)
        targets = self._truth()
        loss = float(self.goal.loss(targets, outputs).numpy().astype(np.float64).mean())
        right = float(self.goal.right(targets, outputs)) / len(outputs) if self.goal.counts else None
        finite = math.isfinite(loss)  # else the training ends, and figures of NaN are none
        figure = self.stop.monitored(outputs, targets) if finite else None
        metrics = self.metrics.values(targets, outputs) if finite else {}
        agreed = self.replicas.agreed([loss, right, figure, *metrics.values()])
        values = (math.nan if value is None else value for value in agreed[3:])
        return agreed[:3], dict(zip(metrics, values, strict=True))


def _values(variables: Sequence[Any]) -> list[Array]:
    return [variable.numpy() for variable in variables]


def _assign(variables: Sequence[Any], values: Sequence[Array], where: Path | str = "") -> None:
    if [tuple(variable.shape) for variable in variables] != [value.shape for value in values]:
        hint = "delete it to start this phase of the training again"
        raise EdgemlError("is of another model", str(where), hint)
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
