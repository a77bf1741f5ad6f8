"""Quantization-aware training of a model that learns its widths, is pruned, or shares weights.

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
        assert run.config.training is not None and run.config.quantizers is not None  # as `train` wrote it
        self.model, self.training = model, run.config.training
        self.quantizers = run.config.quantizers
        self.learned = any(learned_layers(model))
        self.front = Front(run.front, "bit operations" if self.learned else "weights kept")

    @staticmethod
    def of(model: Any, run: Run) -> SmallPhase | None:
        """The phase; None if nothing is learned, pruned or shared."""
        phase = SmallPhase(model, run)
        return phase if phase.fronted or phase.training.clustering.values else None

    @property
    def fronted(self) -> bool:
        """True if the model is chosen from a front, by its cost, and not by its best epoch."""
        return self.learned or self.training.pruning.prunes

    def check(self) -> None:
        """Refuse what can be told before the float baseline is trained.

        Raises:
            EdgemlError: a layer is named that there is not, every layer is left out, or two of learned
                widths, pruning, shared weights and early stopping exclude each other.
        """
        from edgeml.training.small.clustering import clustered
        from edgeml.training.small.pruning import prunable

        clustering, pruning = self.training.clustering, self.training.pruning
        if clustering.values and self.fronted:
            raise EdgemlError(
                "weights that share values have one width and are not pruned",
                "training.clustering",
                "leave it out for a model with learned widths, or that is pruned",
            )
        if clustering.values == 1:
            raise EdgemlError(
                "leaves one weight for all", "training.clustering.values", "use 2 or more, or 0 for none"
            )
        if self.fronted and self.training.early_stopping:
            raise EdgemlError(
                "would end training before the penalty or the pruning is at its end",
                "training.early_stopping",
                "leave it out for a model with learned widths, or that is pruned",
            )
        if clustering.values:
            clustered(self.model, clustering)
        if pruning.prunes:
            prunable(self.model, pruning)

    def begin(
        self, settings: PhaseSettings, callbacks: PhaseCallbacks, data: Prepared
    ) -> tuple[PhaseSettings, PhaseCallbacks]:
        """The settings and callbacks of the phase, and the calibrated model.

        Raises:
            EdgemlError: the model cannot be pruned as asked for, its widths cannot be trained, or early
                stopping is asked for.
        """
        from edgeml.training.small.penalty import WidthTraining, calibrate
        from edgeml.training.small.pruning import PruningTraining
        from edgeml.training.small.widths import check_widths

        self.check()
        clustering = self.training.clustering
        if clustering.values:
            from edgeml.training.small.clustering import ClusteringTraining

            return settings, callbacks.beside(ClusteringTraining(clustering))
        if self.learned:
            calibrate(self.model, data.x_train)
            check_widths(self.model, self.quantizers)
        pruning, front = self.training.pruning, None if self.learned else self.front
        if pruning.prunes:
            start = [variable.numpy() for variable in self.model.variables]
            callbacks = callbacks.beside(PruningTraining(pruning, front, start))
        if self.learned:
            callbacks = callbacks.beside(WidthTraining(self.training.bit_penalty, self.front, pruning))
        training = settings.training.model_copy(update={"patience": settings.epochs})
        return replace(settings, training=training), callbacks

    def end(self) -> None:
        """Give the model the weights of the chosen checkpoint.

        Raises:
            EdgemlError: there is none of the number that is asked for.
        """
        if not self.fronted:
            return
        chosen = self.front.chosen(self.training.bit_penalty)
        for variable, value in zip(self.model.variables, self.front.weights(chosen), strict=True):
            variable.assign(value)
