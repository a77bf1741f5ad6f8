"""From the bytes of an ONNX file to the exact graph, whatever quantizes it: QONNX, QDQ or QOperator nodes.

`model` takes the file apart, `operands` has what nodes read, `folding` computes what is constant, `reader`
calls the files of `edgeml.importers.onnx_nodes` node by node.
"""
