"""Bits of the results of each hidden layer; the integer bits stay the preset's."""

from __future__ import annotations

from collections.abc import Iterator

from edgeml.explore.knob import ChoiceBounds, Dimension, Knob, LayerRole, SpaceInput, bits_between
from edgeml.presets import LayerBits

_LEAST = 2


class ActivationBits(Knob):
    """A width per layer."""

    title = "bits of results, by layer"

    def dimensions(self, at: SpaceInput, bounds: ChoiceBounds | None) -> Iterator[Dimension]:
        quantizers = at.choices.quantizers
        for layer in at.of_role(LayerRole.ACTIVATIONS):
            form = (quantizers.layers.get(layer) or LayerBits()).activations.over(quantizers.activations)
            least = max(_LEAST, form.integer + form.signed)
            key = f"quantizers.layers.{layer}.activations.bits"
            choices = bits_between(form.bits, bounds, least)
            yield Dimension.of_key(f"activation_bits.{layer}", key, choices, form.bits, layer)


KNOB = ActivationBits()
