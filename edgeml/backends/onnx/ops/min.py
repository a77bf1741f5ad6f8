"""Min: both operands in the result's unit."""

from __future__ import annotations

from edgeml.backends.onnx.ops._pair import emit_pair
from edgeml.backends.onnx.units import preferred_unit, unit_of_pair

result_unit, input_unit = unit_of_pair, preferred_unit
emit = emit_pair("Min")
