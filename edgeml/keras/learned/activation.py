"""LearnedActivation: a grid of learned bits for values that no layer with learned widths reads."""

from __future__ import annotations

from typing import Any

from edgeml.keras.backend import import_keras
from edgeml.keras.learned.base import Granularity, LearnedWidths

keras = import_keras()
ops = keras.ops


@keras.saving.register_keras_serializable("edgeml")
class LearnedActivation(LearnedWidths, keras.layers.Layer):
    """The input on a grid of learned bits: behind a residual addition, or before a layer of QKeras.

    Args:
        input_fraction: fractional bits at the start.
        granularity: "channel" for bits per channel, "tensor" for one number.

    The penalty counts its bits once per value, as one bit operation each.
    """

    def __init__(
        self, input_fraction: float = 6, granularity: Granularity = "channel", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.granularity = granularity
        self.check_granularity()
        self.start = float(input_fraction)

    def build(self, input_shape: Any) -> None:
        """The bits."""
        self.add_input_bits(int(input_shape[-1]), self.start)
        self._count = 1.0
        for size in input_shape[1:-1] if self.granularity != "tensor" else input_shape[1:]:
            self._count *= size

    def call(self, inputs: Any, training: bool = False) -> Any:
        """The values on the grid."""
        value, bits = self.grid_of_input(inputs, training)
        if training:
            self.add_loss(self.strength * ops.sum(bits) * self._count)
        return value

    def bit_operations(self) -> float:
        """Bits of all values of a sample."""
        return float(self.input_widths().sum() * self._count)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The settings."""
        return {**super().get_config(), "input_fraction": self.start, "granularity": self.granularity}
