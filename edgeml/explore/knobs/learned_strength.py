"""The last strength of the penalty on bit operations, of networks with learned widths."""

from __future__ import annotations

from collections.abc import Iterator

from edgeml.explore.knob import ChoiceBounds, Dimension, Knob, LayerRole, SpaceInput

_FACTORS = (0.1, 0.3, 1.0, 3.0, 10.0)


class LearnedStrength(Knob):
    """Factors of the preset's own strength, from a tenth to ten times."""

    title = "strength of the penalty on bit operations"

    def dimensions(self, at: SpaceInput, bounds: ChoiceBounds | None) -> Iterator[Dimension]:
        if not any(at.of_role(LayerRole.LEARNED)):
            return
        penalty = at.choices.training.bit_penalty
        choices = [float(f"{penalty.last * factor:.6g}") for factor in _FACTORS]
        allowed = [one for one in (bounds.among(choices) if bounds else choices) if not isinstance(one, str)]
        rising = [one for one in allowed if penalty.first <= one <= 1]
        yield Dimension.of_key("learned_strength", "training.bit_penalty.last", rising, penalty.last)


KNOB = LearnedStrength()
