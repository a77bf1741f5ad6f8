"""The integer model in standard ops: QuantizeLinear and DequantizeLinear with scales that are powers of two.

It is a dialect of the exact ONNX model (`edgeml.backends.onnx`): the same plan proves it and the same
emitters write its ops, with every tensor a plain value. `quantizing` writes the pairs, `ops` has the ops
that are written otherwise than in the exact model.
"""

from __future__ import annotations

from edgeml.backends.qdq.backend import QdqBackend

BACKEND = QdqBackend()
