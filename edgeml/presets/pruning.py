"""Settings of magnitude pruning during quantization-aware training."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from edgeml.settings import Settings

_Inputs = Annotated[int, Field(ge=1, strict=True)]
_Share = Annotated[float, Field(ge=0, le=1, strict=True)]
_GROUPS = re.compile(r"([1-9]\d?):([1-9]\d?)")


class Pruning(Settings):
    """Weights of the smallest magnitude become zero and stay zero; layers with a kernel alone.

    In epoch t the part 1 - (1 - (t - begin) / (end - begin))^3 of the pruning is done, from `begin` to `end`
    in shares of the epochs (Zhu and Gupta, arXiv 1710.01878, equation 1).

    Args:
        sparsity: the share s; 0 prunes nothing. With a pattern N:M it follows from that.
        pattern: "weight" prunes single weights; "neuron" outputs of dense layers and filters of
            convolutions, those of the smallest norm, their biases too, never those of the last layer; "2:4"
            keeps at most two of four neighbouring inputs' weights.
        scope: "layer" prunes the same share of every layer; "global" the smallest of all layers' weights.
        begin: share of the epochs before which nothing is pruned.
        end: share of the epochs after which no more is pruned.
        rewind: at the end of pruning the weights that are left go back to those of the float baseline, once,
            and are trained again (lottery ticket; Frankle and Carbin, arXiv 1803.03635).
        skip: layers that stay whole.
        fan_in: for layers by name, the inputs that each output keeps, those of its largest weights; whatever
            the other settings prune of the other layers.
    """

    sparsity: Annotated[float, Field(ge=0, lt=1, strict=True)] = 0.0
    pattern: str = "weight"
    scope: Literal["layer", "global"] = "layer"
    begin: _Share = 0.0
    end: _Share = 0.6
    rewind: bool = False
    skip: tuple[str, ...] = ()
    fan_in: dict[str, _Inputs] = Field(default_factory=dict)

    @field_validator("pattern")
    @classmethod
    def _known_pattern(cls, value: str) -> str:
        match = _GROUPS.fullmatch(value)
        if value not in ("weight", "neuron") and not (match and int(match[1]) < int(match[2])):
            raise ValueError(f"{value!r} is no pattern: weight, neuron, or N:M with N below M, such as 2:4")
        return value

    @model_validator(mode="after")
    def _in_order(self) -> Pruning:
        if self.begin >= self.end:
            raise ValueError(f"begin = {self.begin:g} is not before end = {self.end:g}")
        if self.groups and self.scope == "global":
            raise ValueError(f"the pattern {self.pattern} is per layer: leave out scope = global")
        if both := sorted({*self.skip} & {*self.fan_in}):
            raise ValueError(f"{both[0]} is in skip and in fan_in: leave it out of one of them")
        return self

    @property
    def groups(self) -> tuple[int, int] | None:
        """N and M of a pattern N:M."""
        match = _GROUPS.fullmatch(self.pattern)
        return (int(match[1]), int(match[2])) if match else None

    @property
    def share(self) -> float:
        """The share that is pruned in the end, of layers without a fan-in of their own."""
        return 1 - self.groups[0] / self.groups[1] if self.groups else self.sparsity

    @property
    def prunes(self) -> bool:
        """True if any weight is pruned."""
        return self.share > 0 or bool(self.fan_in)

    def done(self, epoch: int, epochs: int) -> float:
        """The part of the pruning that is done in an epoch, 0 to 1.

        Args:
            epoch: counted from 0.
            epochs: of the phase.

        >>> [round(Pruning(sparsity=0.8, end=0.5).done(epoch, 9), 3) for epoch in (0, 2, 4, 8)]
        [0.0, 0.875, 1.0, 1.0]
        """
        passed = epoch / (epochs - 1) if epochs > 1 else 1.0
        left = 1 - min(max((passed - self.begin) / (self.end - self.begin), 0.0), 1.0)
        return 1 - left**3

    def ends(self, epoch: int, epochs: int) -> bool:
        """True in the first epoch in which all is pruned."""
        return self.done(epoch, epochs) == 1 and (epoch == 0 or self.done(epoch - 1, epochs) < 1)
