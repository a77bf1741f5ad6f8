"""QONNX: float ONNX with Quant nodes, the form that FINN, hls4ml and the qonnx tools read.

`rules` says what a Quant node can express, `model` collects nodes, `emitters` answers the ops, `runner`
executes the file with the qonnx package.
"""

from __future__ import annotations

from edgeml.backends.qonnx.backend import QonnxBackend

BACKEND = QonnxBackend()
