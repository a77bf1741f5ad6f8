"""Mul, in the layout that both operands can have."""

from __future__ import annotations

from edgeml.backends.qonnx.ops._exponents import no_exponents
from edgeml.backends.qonnx.ops._pair import emit_pair

exponents = no_exponents
emit = emit_pair("Mul")
