"""Samples per step of training."""

from __future__ import annotations

from collections.abc import Iterator

from edgeml.explore.knob import ChoiceBounds, Dimension, Knob, SpaceInput


class NovelKnob(Knob):
    """Half of the preset's, its own, and twice as many."""

    title = "samples per step"

    def dimensions(self, at: SpaceInput, bounds: ChoiceBounds | None) -> Iterator[Dimension]:
        own = at.choices.training.batch_size
        yield Dimension.of_key("novel_knob", "training.batch_size", (own // 2, own, 2 * own), own)


KNOB = NovelKnob()
