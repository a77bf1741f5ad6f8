"""Dense and convolution with learned widths: what they share besides the product itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.keras.backend import import_keras
from edgeml.keras.learned.base import Granularity, LearnedWidths
from edgeml.keras.learned.grids import fractional, rounded, weight_bits

keras = import_keras()
ops = keras.ops


class WeightedWidths(LearnedWidths):
    """A Keras layer with kernel and bias, all bits of which are trained.

    Args:
        fraction: fractional bits of the kernel at the start.
        bias_fraction: of the bias at the start.
        input_fraction: of the input at the start.
        granularity: what of the kernel has bits of its own; "weight" or "channel" give each input channel its
            own.
    """

    kernel: Any
    bias: Any
    use_bias: bool
    activation: Any
    starts: tuple[float, float, float]

    def __init__(
        self,
        *args: Any,
        fraction: float = 6,
        bias_fraction: float = 6,
        input_fraction: float = 6,
        granularity: Granularity = "weight",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.granularity = granularity
        self.check_granularity()
        self.starts = (float(fraction), float(bias_fraction), float(input_fraction))

    def build(self, input_shape: Any) -> None:
        """Weights, and the bits of each of them."""
        layer: Any = super()
        layer.build(input_shape)
        fraction, bias_fraction, input_fraction = self.starts
        self.kernel_fraction = self.add_bits("kernel_fraction", self._kernel_shape(), fraction)
        if self.use_bias:
            shape = () if self.granularity == "tensor" else tuple(self.bias.shape)
            self.bias_fraction = self.add_bits("bias_fraction", shape, bias_fraction)
        self.add_input_bits(int(input_shape[-1]), input_fraction)

    def _kernel_shape(self) -> tuple[int, ...]:
        shape = tuple(self.kernel.shape)
        if self.granularity == "weight":
            return shape
        return shape[-1:] if self.granularity == "channel" else ()

    def call(self, inputs: Any, training: bool = False) -> Any:
        """The product of values on their grids; in training the penalty is added to the model's losses."""
        layer: Any = self
        x, bits = self.grid_of_input(inputs, training)
        fraction = fractional(self.kernel_fraction)
        kernel = rounded(self.kernel, fraction)
        if training:
            cost = self._cost(bits, weight_bits(kernel, fraction)) * self.positions()
        value = self.product(x, kernel)
        if self.use_bias:
            fraction = fractional(self.bias_fraction)
            bias = rounded(self.bias, fraction)
            value = ops.add(value, bias)
            if training:
                cost = cost + ops.sum(weight_bits(bias, fraction)) * self.positions()
        if training:
            layer.add_loss(self.strength * cost)
        return value if self.activation is None else self.activation(value)

    @staticmethod
    def _cost(input_bits: Any, kernel_bits: Any) -> Any:
        """The products' bits multiplied, summed over the kernel (..., channels, outputs)."""
        return ops.sum(ops.expand_dims(input_bits, -1) * kernel_bits)

    def product(self, x: Any, kernel: Any) -> Any:
        """Input times kernel.

        Raises:
            NotImplementedError: a layer does not say.
        """
        raise NotImplementedError

    def positions(self) -> float:
        """The number of times that the kernel is applied to one sample."""
        return 1.0

    def kernel_codes(self, signed: bool = True) -> tuple[np.ndarray, np.ndarray]:
        """Codes and fractional bits of the kernel; rows of inputs without bits are zero.

        Args:
            signed: False for an input that is never below zero.
        """
        codes, fraction = _codes(self.kernel, self.kernel_fraction)
        return codes * np.expand_dims(self.live_inputs(signed), -1), fraction

    def bias_codes(self) -> tuple[np.ndarray, np.ndarray]:
        """Codes and fractional bits of the bias."""
        return _codes(self.bias, self.bias_fraction)

    def bit_operations(self) -> float:
        """The sum over all products of the input's bits times the weight's, and the biases' bits.

        An input's bits include its sign. A weight's count from its highest to its lowest bit that is set.
        """
        kernel = _effective(self.kernel_codes()[0])
        total = (np.expand_dims(self.input_widths(), -1) * kernel).sum()
        if self.use_bias:
            total += _effective(self.bias_codes()[0]).sum()
        return float(total * self.positions())

    def get_config(self) -> dict[str, Any]:
        """The settings, those of the Keras layer included."""
        layer: Any = super()
        fraction, bias_fraction, input_fraction = self.starts
        return {
            **layer.get_config(),
            "fraction": fraction,
            "bias_fraction": bias_fraction,
            "input_fraction": input_fraction,
            "granularity": self.granularity,
        }


def _codes(weights: Any, fraction: Any) -> tuple[np.ndarray, np.ndarray]:
    """Integers round(weight * 2^fraction), and the fractional bits, both int64 of the weights' shape."""
    whole = fractional(fraction)
    exact = np.asarray(ops.convert_to_numpy(rounded(weights, whole)), np.float64)
    bits = np.broadcast_to(np.asarray(ops.convert_to_numpy(whole)).astype(np.int64), exact.shape)
    return np.rint(np.ldexp(exact, bits.astype(np.int32))).astype(np.int64), bits


def _effective(codes: np.ndarray) -> np.ndarray:
    """Bits from the highest to the lowest one set, of each code's magnitude; 0 for 0."""
    magnitude = np.abs(codes)
    lowest = np.maximum(magnitude & -magnitude, 1)
    return np.frexp((magnitude // lowest).astype(np.float64))[1]
