"""QKeras models: training them, and lowering them to the exact graph.

The only package that imports TensorFlow, Keras and QKeras, and it does so inside functions: `backend`
is the door. `lower` makes the exact graph, `layers/` and `quantizers/` hold one file per class, `runner`
runs Keras itself and returns integers, `load` reads a .keras file without running anything it contains.
"""
