"""LearnedConv2D: keras.layers.Conv2D, all bits of which are trained."""

from __future__ import annotations

from typing import Any

from edgeml.keras.backend import import_keras
from edgeml.keras.learned.weighted import WeightedWidths

keras = import_keras()


@keras.saving.register_keras_serializable("edgeml")
class LearnedConv2D(WeightedWidths, keras.layers.Conv2D):
    """Conv2D with learned widths, without groups; takes the arguments of both.

    Raises:
        ValueError: groups are asked for.
    """

    def build(self, input_shape: Any) -> None:
        """As the base class; refuses groups."""
        if self.groups != 1:
            raise ValueError(f"groups={self.groups}: LearnedConv2D convolves without groups")
        super().build(input_shape)
        _, height, width, _ = self.compute_output_shape(input_shape)
        self._positions = float(height * width)

    def product(self, x: Any, kernel: Any) -> Any:
        """The convolution."""
        return self.convolution_op(x, kernel)

    def positions(self) -> float:
        """Pixels of the output."""
        return self._positions
