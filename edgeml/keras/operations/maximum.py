"""Maximum: the larger of two values, or of a value and a constant."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.max import Max
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.operations._common import fold_two

POINTWISE = True


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """A Max."""
    del operation, options
    return fold_two(builder, Max(), args, "larger")
