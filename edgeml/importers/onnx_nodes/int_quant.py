"""IntQuant, the newer name of QONNX's Quant."""

from __future__ import annotations

from edgeml.importers.onnx_nodes import quant

DOMAINS = quant.DOMAINS
lower = quant.lower
