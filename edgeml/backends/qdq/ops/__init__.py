"""The emitters of ops that this dialect writes otherwise than the exact model does; the rest are its own.

emit(model, node, step) -> ScaledTensor     adds its ONNX nodes; the result is the value, in the unit 0
"""
