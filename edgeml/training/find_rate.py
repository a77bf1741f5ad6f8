"""The learning-rate range test: the loss while the rate rises step by step.

L. N. Smith, Cyclical Learning Rates for Training Neural Networks, WACV 2017 (arXiv:1506.01186), section 3.3:
where the loss begins to fall is the least useful rate, where it rises again the largest. The rate that is
suggested is that of the steepest descent of the smoothed loss over the logarithm of the rate.

Invariant: nothing is written, and any optimizer, loss and augmentation takes part as in training.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.keras.float_model import copy_weights, float_model
from edgeml.keras.load import load_model
from edgeml.presets import Choices, Prepared, Preset, prepare
from edgeml.training.build import build_model
from edgeml.training.fit import PhaseSettings, PhaseTrainer, check_names
from edgeml.training.goal import check_fit
from edgeml.training.initial import initialize
from edgeml.training.seeds import make_repeatable, shuffled
from edgeml.training.task import with_task

STEPS = 100
LOWEST, HIGHEST = 1e-6, 1.0

_SMOOTH = 0.8  # of the exponential mean of the losses
_WORSE = 4.0  # so many times the least smoothed loss ends the test
_FIRST = 10  # steps before which the mean says little
_FALL = 0.97  # the least smoothed loss must be below this share of that at the first one that counts
_WINDOW = 4  # steps on either side


@dataclass(frozen=True)
class RangeTest:
    """The test of one phase.

    Attributes:
        phase: "float" or "qat".
        setting: the setting that the suggestion is for.
        stated: its value now.
        rates: one per step, rising.
        losses: mean loss of each step's batch.
        smoothed: their exponential mean, corrected for its beginning.
        suggestion: None if the loss did not fall.
        start: which weights it began with.
    """

    phase: Literal["float", "qat"]
    setting: str
    stated: float
    rates: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    suggestion: float | None
    start: str


def find_rates(preset: Preset, choices: Choices, float_file: Path) -> tuple[RangeTest, ...]:
    """The test of the float baseline, and of the quantization-aware model.

    Args:
        preset: whose model.
        choices: its settings.
        float_file: a trained float baseline; where it is, the quantization-aware model starts from it.

    Raises:
        EdgemlError: data and model do not fit, or a name is unknown.
        MissingToolError: TensorFlow, QKeras or scikit-learn is not installed.
    """
    check_names(choices.training)
    choices, _ = with_task(preset, choices)
    data = prepare(choices.data)
    return tuple(_test(phase, preset, choices, data, float_file) for phase in ("float", "qat"))


def _test(
    phase: Literal["float", "qat"], preset: Preset, choices: Choices, data: Prepared, float_file: Path
) -> RangeTest:
    training = choices.training
    settings = PhaseSettings.of(phase, training, choices.seed, choices.data.task)
    make_repeatable(choices.seed)
    model = build_model(preset, choices)
    start = "initial weights"
    if phase == "qat" and float_file.is_file():
        copy_weights(load_model(float_file), model)
        start = "the trained float baseline"
    else:
        model = float_model(model) if phase == "float" else model
        initialize(model, training.initializer, choices.seed)
    check_fit(model, data, settings.task)
    trainer = PhaseTrainer(model, data, settings, None, preset.loss)
    rates, losses = swept(trainer, settings)
    smoothed = smooth(losses)
    name = "float_learning_rate" if phase == "float" else "learning_rate"
    return RangeTest(
        phase,
        f"training.{name}",
        settings.rate,
        tuple(rates),
        tuple(losses),
        tuple(smoothed),
        suggest(rates, smoothed),
        start,
    )


def swept(trainer: PhaseTrainer, settings: PhaseSettings) -> tuple[list[float], list[float]]:
    """Rates and mean losses, until the loss is no longer finite or much worse than at best.

    Args:
        trainer: a model before its first epoch.
        settings: of its phase.

    Raises:
        EdgemlError: the first loss is not finite.
    """
    import tensorflow as tf

    rates, losses = [], []
    samples = len(trainer.data.x_train)
    order = shuffled(samples, settings.seed, settings.phase, 1)
    for step, rate in enumerate(np.geomspace(LOWEST, HIGHEST, STEPS)):
        epoch, batch = divmod(step, trainer.steps)
        if batch == 0:
            order = shuffled(samples, settings.seed, settings.phase, epoch + 1)
            if trainer.augmenter is not None:
                trainer.augmenter.begin(epoch + 1)
        trainer.optimizer.learning_rate.assign(rate)
        total = trainer.train(tf.constant(order), tf.constant(batch), tf.constant(batch + 1)).numpy()[0, 0]
        loss = float(total) / min(trainer.batch, samples - batch * trainer.batch)
        if not np.isfinite(loss):
            break
        rates.append(float(rate))
        losses.append(loss)
        means = smooth(losses)
        if step > _FIRST and min(means) > 0 and means[-1] > _WORSE * min(means):
            break
    if not rates:
        hint = "use another loss, or look at the data and the initial weights"
        raise EdgemlError("the loss is not finite in the first step", f"{settings.phase} training", hint)
    return rates, losses


def smooth(losses: list[float]) -> list[float]:
    """The exponential mean of the losses, corrected for its beginning at 0.

    >>> [round(loss, 9) for loss in smooth([2.0, 2.0])]
    [2.0, 2.0]
    """
    mean, result = 0.0, []
    for step, loss in enumerate(losses, start=1):
        mean = _SMOOTH * mean + (1 - _SMOOTH) * loss
        result.append(mean / (1 - _SMOOTH**step))
    return result


def suggest(rates: list[float], smoothed: list[float]) -> float | None:
    """The rate of the steepest descent before the least smoothed loss, in two digits.

    The descent is that over eight steps, and the first ten, whose mean is of few batches, do not count.

    Args:
        rates: rising by equal factors.
        smoothed: the loss at each.

    Returns:
        None if the loss did not fall.
    """
    least = int(np.argmin(smoothed))
    if least <= _FIRST or smoothed[least] > smoothed[_FIRST] - (1 - _FALL) * abs(smoothed[_FIRST]):
        return None

    def fall(place: int) -> float:
        return smoothed[max(_FIRST, place - _WINDOW)] - smoothed[min(least, place + _WINDOW)]

    return float(f"{rates[max(range(_FIRST, least + 1), key=fall)]:.1e}")
