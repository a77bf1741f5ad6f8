"""Keras and QKeras models: loading them, and lowering them to the exact graph.

With `edgeml.training` the only package that imports TensorFlow, Keras and QKeras, and it does so inside
functions: `backend` is the door. `lower` makes the exact graph, `layers/`, `operations/` and `quantizers/`
hold one file per class, `runner` runs Keras itself and returns integers, `load` reads a .keras file without
running anything it contains, `float_model` and `float_onnx` give the float baseline.
"""
