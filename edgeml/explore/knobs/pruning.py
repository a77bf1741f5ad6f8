"""The share of weights that quantization-aware training prunes."""

from __future__ import annotations

from collections.abc import Iterator

from edgeml.explore.knob import ChoiceBounds, Dimension, Knob, LayerRole, SpaceInput

_SHARES = (0.0, 0.25, 0.5, 0.7, 0.8)


class PruningKnob(Knob):
    """Shares of all weights of a preset; networks of learned widths prune themselves."""

    title = "share of weights that is pruned"

    def dimensions(self, at: SpaceInput, bounds: ChoiceBounds | None) -> Iterator[Dimension]:
        if not any(at.of_role(LayerRole.WEIGHTS)) or any(at.of_role(LayerRole.LEARNED)):
            return
        choices = bounds.among(_SHARES) if bounds else _SHARES
        yield Dimension.of_key(
            "pruning",
            "training.pruning.sparsity",
            [float(one) for one in choices],
            at.choices.training.pruning.sparsity,
        )


KNOB = PruningKnob()
