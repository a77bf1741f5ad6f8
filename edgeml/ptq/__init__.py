"""Quantization after training: a float model, some data, and no training.

    net = read_float(content, where, "net")             # batch norm folded, one input, layers with weights
    source = calibrated(net, samples, "mse", ("equalize", "rounding", "bias"))
    result = quantized(source, source.uniform(6, 6, 8))  # types, rounded weights, corrected biases
    result.model()                                       # QONNX, which is imported like any other

A calibration method is a file in `methods/`, a correction one in `corrections/`.

Invariant: types are powers of two, and the exact graph gives the integers that were judged.
"""
