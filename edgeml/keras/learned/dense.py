"""LearnedDense: keras.layers.Dense, all bits of which are trained."""

from __future__ import annotations

from typing import Any

from edgeml.keras.backend import import_keras
from edgeml.keras.learned.weighted import WeightedWidths

keras = import_keras()


@keras.saving.register_keras_serializable("edgeml")
class LearnedDense(WeightedWidths, keras.layers.Dense):
    """Dense with learned widths; takes the arguments of both."""

    def product(self, x: Any, kernel: Any) -> Any:
        """x @ kernel."""
        return keras.ops.matmul(x, kernel)
