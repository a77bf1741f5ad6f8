"""Quantization-aware training of a model that learns its widths or is pruned: the differences to others.

Integer bits are calibrated on the training part before the first epoch. Training goes on to the last epoch,
since the strength of the penalty, or the share that is pruned, rises. The weights are those of the checkpoint
that is chosen from the front, not those of the best epoch, in which bits and weights are still many.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from edgeml.errors import EdgemlError
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


class SmallPhase:
    """The quantization-aware phase of one run that has learned widths, or prunes, or both.

    Args:
        model: with the float baseline's weights.
        run: whose folder gets the front.
    """

    def __init__(self, model: Any, run: Run) -> None:
        assert run.config.training is not None  # as `train` wrote it
        self.model, self.training = model, run.config.training
        self.learned = any(learned_layers(model))
        self.front = Front(run.front, "bit operations" if self.learned else "weights kept")

    @staticmethod
    def of(model: Any, run: Run) -> SmallPhase | None:
        """The phase; None if nothing is learned or pruned."""
        phase = SmallPhase(model, run)
        return phase if phase.learned or phase.training.pruning.share else None

    def begin(
        self, settings: PhaseSettings, callbacks: PhaseCallbacks, data: Prepared
    ) -> tuple[PhaseSettings, PhaseCallbacks]:
        """The settings and callbacks of the phase, and the calibrated model.

        Raises:
            EdgemlError: the model cannot be pruned as asked for, or early stopping is.
        """
        from edgeml.training.small.penalty import WidthTraining, calibrate
        from edgeml.training.small.pruning import PruningTraining

        if self.training.early_stopping:
            raise EdgemlError(
                "would end training before the penalty or the pruning is at its end",
                "training.early_stopping",
                "leave it out for a model with learned widths, or that is pruned",
            )
        if self.learned:
            calibrate(self.model, data.x_train)
        pruning, front = self.training.pruning, None if self.learned else self.front
        if pruning.share:
            start = [variable.numpy() for variable in self.model.variables]
            callbacks = callbacks.beside(PruningTraining(pruning, front, start))
        if self.learned:
            callbacks = callbacks.beside(WidthTraining(self.training.bit_penalty, self.front))
        training = settings.training.model_copy(update={"patience": settings.epochs})
        return replace(settings, training=training), callbacks

    def end(self) -> None:
        """Give the model the weights of the chosen checkpoint.

        Raises:
            EdgemlError: there is none of the number that is asked for.
        """
        chosen = self.front.chosen(self.training.bit_penalty)
        for variable, value in zip(self.model.variables, self.front.weights(chosen), strict=True):
            variable.assign(value)
