"""Maximum: the largest of its inputs, element by element; of dense layers it is a maxout."""

from __future__ import annotations

from typing import Any

from edgeml.ir.ops.max import Max
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._merge import fold

MERGES = True


def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
    """Max of all inputs."""
    del layer
    return fold(builder, Max(), inputs, "largest")
