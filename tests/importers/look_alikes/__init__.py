"""Small networks with the nodes, in the order, that public ONNX files have; weights are random, by seed.

`zoo` has those of the QONNX model zoo, `integers` what onnxruntime's quantizer and PyTorch's exporter write.
"""
