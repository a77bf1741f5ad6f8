"""Learning rates by epoch: constant, cosine, plateau, or a schedule of Keras counted in epochs.

Invariant: the rate of an epoch follows from the settings, the epoch's number and, for "plateau" alone, the
validation results before it; an interrupted training goes on with the same rates.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from edgeml.errors import EdgemlError
from edgeml.keras.backend import import_keras
from edgeml.presets import KerasClass, Training
from edgeml.training.named import built, keras_class
from edgeml.training.state import TrainingState

_WHERE = "training.schedule"
_LAST_RATE = 0.01  # where the cosine schedule ends, as a fraction of where it starts
_OURS = ("constant", "cosine", "plateau")
_OWN = {
    "initial_learning_rate": "set training.float_learning_rate and training.learning_rate",
    "warmup_target": "set training.warmup_epochs",
    "warmup_steps": "set training.warmup_epochs",
    "name": "leave it out",
}


def rates_of(training: Training, rate: float, epochs: int) -> Callable[[int], float] | None:
    """The rate of an epoch, counted from 0; None for "plateau", whose rates depend on the results.

    Args:
        training: schedule and warm-up.
        rate: where the schedule starts.
        epochs: most epochs of the phase.

    Raises:
        EdgemlError: neither edgeml nor Keras has the schedule or one of its arguments, or it gives a rate
            that is not above 0.
        MissingToolError: TensorFlow is not installed.
    """
    stated, warm = training.schedule, training.warmup_epochs
    if stated.name == "plateau":
        _without_arguments(stated, "set training.plateau_patience")
        if warm:
            raise EdgemlError(
                "plateau has no warm-up", _WHERE, "choose another schedule, or training.warmup_epochs=0"
            )
        return None
    function = _schedule(stated, rate, epochs)

    def at(epoch: int) -> float:
        return function(epoch) * min(1.0, (epoch + 1) / (warm + 1))

    for epoch in range(epochs):
        if not (math.isfinite(at(epoch)) and at(epoch) > 0):
            raise EdgemlError(
                f"gives a rate of {at(epoch):g} in epoch {epoch + 1}",
                f"{_WHERE}, {stated.name}",
                "give numbers that keep it above 0 in every epoch",
            )
    return at


def next_rate(state: TrainingState, training: Training, at: Callable[[int], float] | None) -> TrainingState:
    """The state with the learning rate of its next epoch; `at` as `rates_of` gives it."""
    if at is not None:
        return replace(state, rate=at(state.epoch))
    if state.plateau >= training.plateau_patience:
        return replace(state, rate=state.rate / 2, plateau=0)
    return state


def _schedule(stated: KerasClass, rate: float, epochs: int) -> Callable[[int], float]:
    if stated.name == "constant":
        _without_arguments(stated, "use one of Keras' schedules, such as exponential_decay")
        return lambda _: rate
    if stated.name == "cosine":
        _without_arguments(stated, "use Keras' cosine_decay, which has decay_steps and alpha")
        return lambda epoch: (
            rate * (_LAST_RATE + (1 - _LAST_RATE) * 0.5 * (1 + math.cos(math.pi * epoch / epochs)))
        )
    keras = import_keras()
    schedules = keras.optimizers.schedules
    chosen = keras_class("schedule", schedules, schedules.LearningRateSchedule, stated, _WHERE, {}, _OURS)
    initial = {} if chosen is schedules.PiecewiseConstantDecay else {"initial_learning_rate": rate}
    schedule = built(chosen, stated, _WHERE, initial, _OWN)
    return lambda epoch: float(schedule(epoch))


def _without_arguments(stated: KerasClass, hint: str) -> None:
    if stated.arguments:
        names = ", ".join(stated.arguments)
        raise EdgemlError(f"{stated.name} takes no {names}", _WHERE, hint)
