"""Settings of training with learned widths: the penalty, and the checkpoint that is taken."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from edgeml.settings import Settings

_Strength = Annotated[float, Field(gt=0, le=1, strict=True)]


class BitPenalty(Settings):
    """The penalty on the bit operations of layers with learned widths; without such layers it does nothing.

    The loss is raised by strength * bit operations. The strength rises from `first` to `last` by the same
    factor every epoch: each checkpoint on the way is the best for another price of a bit operation.

    Args:
        first: strength in the first epoch.
        last: strength in the last epoch.
        max_accuracy_loss: of the checkpoints that no other beats, the one with the fewest bit operations is
            taken whose validation accuracy is at most so much below the best one's: 0.01 is one percent.
            For a task without accuracy it is the share by which the validation loss may be higher.
        pick: take this checkpoint instead, counted from 1, the one with the fewest bit operations; 0: none.
    """

    first: _Strength = 1e-7
    last: _Strength = 3e-5
    max_accuracy_loss: Annotated[float, Field(ge=0, le=1, strict=True)] = 0.01
    pick: Annotated[int, Field(ge=0, strict=True)] = 0

    @model_validator(mode="after")
    def _rises(self) -> BitPenalty:
        if self.first > self.last:
            raise ValueError(f"falls from first = {self.first:g} to last = {self.last:g}: it has to rise")
        return self

    def strength(self, epoch: int, epochs: int) -> float:
        """The strength in an epoch.

        Args:
            epoch: counted from 0.
            epochs: of the phase.

        >>> [round(BitPenalty(first=1e-6, last=1e-4).strength(epoch, 3), 7) for epoch in range(3)]
        [1e-06, 1e-05, 0.0001]
        """
        done = epoch / (epochs - 1) if epochs > 1 else 1.0
        return self.first * (self.last / self.first) ** done
