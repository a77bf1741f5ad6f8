"""The parts that layers with learned widths share: their bits, their input's grid, their penalty."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, get_args

import numpy as np

from edgeml.keras.backend import import_keras
from edgeml.keras.learned.grids import fractional, integer_bits, power_of_two, truncated, whole

keras = import_keras()
ops = keras.ops

Granularity = Literal["weight", "channel", "tensor"]
"""The parts of a tensor that have bits of their own; inputs have them per channel at the finest."""

_FORGET = 0.998  # of the largest input seen, per step: an early outlier does not keep its bits for ever


class LearnedWidths:
    """A layer whose input is put on a grid of learned fractional bits; mixed into a Keras layer.

    The input's integer bits follow the largest magnitude seen in training; what lies beyond saturates. A
    channel that has been below zero has a sign, which counts as a bit: a feature of two values, one below
    zero, is told by its sign alone. Bits that sum to zero or less, sign included, make a channel zero.
    """

    granularity: Granularity
    input_fraction: Any
    input_integer: Any
    input_peak: Any
    input_sign: Any
    strength: Any

    def check_granularity(self) -> None:
        """Refuse a granularity that there is not.

        Raises:
            ValueError: it is none of "weight", "channel", "tensor".
        """
        if self.granularity not in get_args(Granularity):
            names = ", ".join(get_args(Granularity))
            raise ValueError(f"granularity={self.granularity!r} is not one of {names}")

    def add_input_bits(self, channels: int, start: float) -> None:
        """The variables of the input's grid, and the penalty's strength.

        Args:
            channels: size of the input's last axis.
            start: fractional bits at the start of training.
        """
        shape = () if self.granularity == "tensor" else (channels,)
        self.input_fraction = self.add_bits("input_fraction", shape, start)
        for name in ("input_integer", "input_peak"):
            setattr(self, name, self.add_state(name, shape))
        self.strength = self.add_state("strength", ())
        self.input_sign = self.add_state("input_sign", shape)  # the last: files before it lack it

    def add_bits(self, name: str, shape: tuple[int, ...], start: float) -> Any:
        """Trainable fractional bits."""
        layer: Any = self
        return layer.add_weight(name=name, shape=shape, initializer=keras.initializers.Constant(float(start)))

    def add_state(self, name: str, shape: tuple[int, ...]) -> Any:
        """A number that is not trained, zero at the start."""
        layer: Any = self
        return layer.add_weight(name=name, shape=shape, initializer="zeros", trainable=False)

    def grid_of_input(self, x: Any, training: bool) -> tuple[Any, Any]:
        """The input on its grid, and its bits without a sign.

        Args:
            x: (batch, ..., channels).
            training: true to let the integer bits follow what is seen.

        Returns:
            The values, and bits of shape (channels,) or (), sign included, none below zero.
        """
        if training:
            axes = tuple(range(len(x.shape) - len(self.input_peak.shape)))
            largest = ops.stop_gradient(ops.max(ops.abs(x), axis=axes))
            self.input_peak.assign(ops.maximum(self.input_peak * _FORGET, largest))
            self.input_integer.assign(integer_bits(self.input_peak))
            below = ops.cast(ops.any(x < 0, axis=axes), self.input_sign.dtype)
            self.input_sign.assign(ops.maximum(self.input_sign, below))
        integer, fraction = whole(self.input_integer), fractional(self.input_fraction)
        sign = ops.cast(self.input_sign > 0, integer.dtype)
        bits = ops.relu(sign + integer + fraction)
        end = power_of_two(integer)
        value = ops.clip(truncated(x, fraction), -end, end - 1 / power_of_two(fraction))
        return ops.where(bits > 0, value, ops.zeros_like(value)), bits

    def input_bits(self) -> tuple[np.ndarray, np.ndarray]:
        """Fractional and integer bits of the input, int64 of shape (channels,) or ()."""
        fraction, integer = fractional(self.input_fraction), whole(self.input_integer)
        return tuple(np.asarray(ops.convert_to_numpy(bits)).astype(np.int64) for bits in (fraction, integer))  # type: ignore[return-value]

    def input_widths(self, signed: bool = True) -> np.ndarray:
        """Bits of the input, int64 of shape (channels,) or (); none below zero.

        Args:
            signed: False for an input that is never below zero, where a sign tells nothing.
        """
        fraction, integer = self.input_bits()
        sign = np.asarray(ops.convert_to_numpy(self.input_sign)) > 0
        return np.maximum((sign & signed) + fraction + integer, 0)

    def live_inputs(self, signed: bool = True) -> np.ndarray:
        """True for input channels that have a bit, shape (channels,) or (); `signed` as in `input_widths`."""
        return self.input_widths(signed) > 0

    def save_own_variables(self, store: Any) -> None:
        """All variables in order; Dense and Conv2D themselves save no others than kernel and bias."""
        keras.layers.Layer.save_own_variables(self, store)

    def load_own_variables(self, store: Any) -> None:
        """As `save_own_variables` wrote them, or without `input_sign`, as files were before a sign counted.

        With the zeros that `input_sign` starts from, such a layer computes what it did.
        """
        layer: Any = self
        variables = layer._trainable_variables + layer._non_trainable_variables
        if len(store.keys()) != len(variables) - 1:
            keras.layers.Layer.load_own_variables(layer, store)
            return
        for position, variable in enumerate(variables[:-1]):
            variable.assign(store[str(position)])

    def bit_operations(self) -> float:
        """Effective bit operations of one sample, of the weights as they are.

        Raises:
            NotImplementedError: a layer does not say.
        """
        raise NotImplementedError


def learned_layers(model: Any) -> Iterator[Any]:
    """The layers of a Keras model that have learned widths, of nested models as well."""
    for layer in model._flatten_layers(include_self=False):
        if isinstance(layer, LearnedWidths):
            yield layer
