"""Quantization-aware training of a model with learned widths: what differs from another one's.

Its integer bits are calibrated on the training part before the first epoch. It goes on to the last epoch,
since the strength of the penalty rises to the end. Its weights are those of the checkpoint that is chosen
from the front, not those of the best epoch, whose bits are still many.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from edgeml.presets import Prepared
from edgeml.runs import Run
from edgeml.training.small.front import Front

if TYPE_CHECKING:
    from edgeml.training.callbacks import PhaseCallbacks
    from edgeml.training.fit import PhaseSettings


def learned_layers(model: Any) -> Iterator[Any]:
    """The layers of a Keras model that have learned widths."""
    from edgeml.keras.learned import learned_layers as of

    return of(model)


class LearnedPhase:
    """The quantization-aware phase of one run.

    Args:
        model: with the float baseline's weights.
        run: whose folder gets the front.
    """

    def __init__(self, model: Any, run: Run) -> None:
        assert run.config.training is not None  # as `train` wrote it
        self.model, self.penalty, self.front = model, run.config.training.bit_penalty, Front(run.front)

    def begin(
        self, settings: PhaseSettings, callbacks: PhaseCallbacks, data: Prepared
    ) -> tuple[PhaseSettings, PhaseCallbacks]:
        """The settings and callbacks of the phase, and the calibrated model."""
        from edgeml.training.small.penalty import WidthTraining, calibrate

        calibrate(self.model, data.x_train)
        training = settings.training.model_copy(update={"patience": settings.epochs})
        return replace(settings, training=training), callbacks.beside(WidthTraining(self.penalty, self.front))

    def end(self) -> None:
        """Give the model the weights of the chosen checkpoint.

        Raises:
            EdgemlError: there is none of the number that is asked for.
        """
        chosen = self.front.chosen(self.penalty)
        for variable, value in zip(self.model.variables, self.front.weights(chosen), strict=True):
            variable.assign(value)
