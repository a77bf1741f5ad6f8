"""Maximum: the largest of its inputs, element by element; of dense layers it is a maxout."""

from __future__ import annotations

from edgeml.ir.ops.max import Max
from edgeml.keras.handlers import example
from edgeml.keras.layers._families import merging

LAYER = merging(Max(), "Max", "largest", example((4, 3), inputs=3))
