"""Max: both operands in the result's unit."""

from __future__ import annotations

from edgeml.backends.onnx.ops._pair import emit_pair

emit = emit_pair("Max")
