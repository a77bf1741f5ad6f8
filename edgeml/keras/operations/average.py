"""Average: the mean along one axis, without weights."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.sum_pool import SumPool
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._mean import divided
from edgeml.keras.operations._common import only
from edgeml.keras.operations._reduce import reduced


def lower(operation: Any, builder: LayerBuilder, args: list[Any], options: dict[str, Any]) -> str:
    """The exact sum, divided."""
    only(builder, options)
    total, count = reduced(builder, args[0].value, operation.axis, False, SumPool)
    return divided(builder, total, count)
