"""Write a graph as a QONNX model: Quant nodes between standard ONNX operators.

Every value of the model is a float32 tensor holding real numbers, code * 2^-frac; a Quant node stands wherever the
graph casts, and every constant is a float initializer behind its own Quant, as FINN, hls4ml and qonnx expect.

Invariant: the model written gives the graph's integers when it is run in float32; what cannot be is refused before
a byte is written (refusals.py).  To add an operation: one method here, its bound in refusals.py.
"""
