"""The exact ONNX model: standard ops whose float arithmetic is proven to be the graph's integers.

`prepare` reorders, `grid` and `demand` prove bits, `plan` decides, the emitters write, `emulator` and
`runner` execute; `certificate` tells the proof, `int8` makes the quantized model that it is compared with.
"""

from __future__ import annotations

from edgeml.backends.onnx.backend import OnnxBackend

BACKEND = OnnxBackend()
