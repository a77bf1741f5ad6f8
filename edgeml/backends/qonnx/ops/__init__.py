"""The emitters of core ops, one file per op.

    emit(model, node) -> QonnxTensor       adds its nodes
    exponents(graph, node) -> int, array   of the powers of two that they contain; float32 limits them

Standard ONNX nodes on plain values, Quant for every cast. The tensor an emitter returns has the node's
values; it is called after the node unless the node is an output and the tensor is not channels last. An op
without a file here is one that this back end refuses; to add one, add the file. Files that start with an
underscore are shared.
"""
