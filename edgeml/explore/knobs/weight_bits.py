"""Bits of the weights of each layer; the integer bits stay the preset's."""

from __future__ import annotations

from collections.abc import Iterator

from edgeml.explore.knob import ChoiceBounds, Dimension, Knob, LayerRole, SpaceInput, bits_between
from edgeml.presets import LayerBits

_LEAST = 2


class WeightBits(Knob):
    """A width per layer with stated widths; power-of-two and ternary kernels are left alone."""

    title = "bits of weights, by layer"

    def dimensions(self, at: SpaceInput, bounds: ChoiceBounds | None) -> Iterator[Dimension]:
        quantizers = at.choices.quantizers
        for layer in at.of_role(LayerRole.WEIGHTS):
            own = quantizers.layers.get(layer) or LayerBits()
            if (own.kernels or quantizers.kernels) != "fixed":
                continue
            bits = own.weights.over(quantizers.weights).bits
            key = f"quantizers.layers.{layer}.weights.bits"
            choices = bits_between(bits, bounds, _LEAST)
            yield Dimension.of_key(f"weight_bits.{layer}", key, choices, bits, layer)


KNOB = WeightBits()
