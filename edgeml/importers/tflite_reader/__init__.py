"""From the bytes of a TensorFlow Lite file to the exact graph, as TFLite's reference kernels compute."""
