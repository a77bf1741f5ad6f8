"""Refusal of learned widths that cannot be trained: values that are all zero from the start."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.keras.learned import learned_layers
from edgeml.keras.learned.grids import fractional, rounded
from edgeml.presets import Bits, Quantizers
from edgeml.presets.spec import LayerBits, OtherBits


def check_widths(model: Any, quantizers: Quantizers) -> None:
    """Refuse layers all of whose weights, or all of whose inputs, have zero bits at the start.

    Args:
        model: calibrated, with the weights that its training starts from.
        quantizers: of the run, for the settings in the remedy.

    Raises:
        EdgemlError: names the first layer, its bits, and the fewest of each layer with which half of the
            values are not zero.
    """
    zeros: list[_Zero] = []
    for layer in learned_layers(model):
        # Inputs behind a layer that is zero are zero by its fault.
        zeros += [zero for zero in _zeros(layer) if zero.part == "weights" or not zeros]
    if not zeros:
        return
    first, *others = zeros
    more = f"; so have {_listed(others)}" if others else ""
    raise EdgemlError(
        f"all of its {first.count:,} {first.part} have zero bits with {first.bits} fractional "
        f"bit{'' if first.bits == 1 else 's'}, so no width can be trained{more}",
        first.layer,
        f"with {first.needed} half of them have one: {_settings(zeros, quantizers)}, "
        f"or {first.argument}={first.needed} in the model's own code",
    )


@dataclass(frozen=True)
class _Zero:
    """Values of a layer that are all zero.

    Args:
        layer: its name.
        part: "weights" or "inputs".
        count: of the values.
        bits: fractional, the most of them.
        needed: the fewest with which half of them are not zero.
    """

    layer: str
    part: Literal["weights", "inputs"]
    count: int
    bits: int
    needed: int

    @property
    def argument(self) -> str:
        """The argument of the Keras layer that says the fractional bits at the start."""
        return "fraction" if self.part == "weights" else "input_fraction"

    def setting(self, quantizers: Quantizers) -> tuple[str, int]:
        """The same as a setting of a preset and its value: the layer's own, or else the model's."""
        part = "weights" if self.part == "weights" else "activations"
        form: Bits = getattr(quantizers, part)
        own: OtherBits = getattr(quantizers.layers.get(self.layer) or LayerBits(), part)
        width = own.over(form).bits + self.needed - quantizers.learned(self.layer)[self.argument]
        place = "" if own.bits is None and own.integer is None else f"layers.{self.layer}."
        return f"quantizers.{place}{part}.bits", width


def _zeros(layer: Any) -> Iterator[_Zero]:
    """The parts of a layer that are zero."""
    fraction, integer = layer.input_bits()
    if not layer.live_inputs().any():
        needed = int(np.median(-integer)) + 1
        yield _Zero(layer.name, "inputs", fraction.size, int(fraction.max()), needed)
    kernel = getattr(layer, "kernel", None)
    if kernel is None:
        return
    magnitudes = np.abs(kernel.numpy())
    fraction = fractional(layer.kernel_fraction).numpy()
    if not rounded(kernel, fraction).numpy().any():
        needed = fewest_bits(float(np.median(magnitudes)) or float(magnitudes.max()))
        yield _Zero(layer.name, "weights", magnitudes.size, int(fraction.max()), needed)


def _listed(zeros: Sequence[_Zero]) -> str:
    return ", ".join(f"the {zero.part} of {zero.layer}" for zero in zeros)


def fewest_bits(magnitude: float) -> int:
    """The fewest fractional bits whose grid does not round a magnitude to zero.

    >>> fewest_bits(0.3), fewest_bits(0.25), fewest_bits(3.0), fewest_bits(0.0)
    (1, 2, -2, 1)
    """
    if not magnitude:
        return 1
    return math.floor(-1 - math.log2(magnitude)) + 1


def _settings(zeros: Sequence[_Zero], quantizers: Quantizers) -> str:
    """One `--set` for each setting, wide enough for all layers that it holds for."""
    widths: dict[str, int] = {}
    for zero in zeros:
        key, width = zero.setting(quantizers)
        widths[key] = max(width, widths.get(key, width))
    return " ".join(f"--set {key}={width}" for key, width in widths.items())
