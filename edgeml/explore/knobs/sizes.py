"""Sizes of the network, within the bounds of its preset; each topology has a float baseline of its own."""

from __future__ import annotations

from collections.abc import Iterator

from edgeml.explore.knob import ChoiceBounds, Dimension, Knob, SpaceInput


class SizesKnob(Knob):
    """A dimension for each size."""

    title = "units, filters and layers"

    def dimensions(self, at: SpaceInput, bounds: ChoiceBounds | None) -> Iterator[Dimension]:
        for name, size in at.preset.sizes.items():
            own = at.choices.model.sizes[name]
            tried = bounds.among(size.tried) if bounds else {*size.tried, own}
            choices = sorted(one for one in tried if isinstance(one, int) and size.least <= one <= size.most)
            yield Dimension.of_key(f"sizes.{name}", f"model.sizes.{name}", choices, own, topology=True)


KNOB = SizesKnob()
