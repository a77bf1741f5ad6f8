"""The emitters of core ops, one file per op.

    emit(model, node, step) -> ScaledTensor     adds its ONNX nodes; the result is in the unit of the step
    result_unit(at) -> Unit                     the unit of the result, see `edgeml.backends.onnx.units`
    input_unit(at) -> Unit | None               the unit in which it would like its inputs

An op without a file here is one that this back end refuses; to add one, add the file. Constants need none,
they are part of the ops that read them. Files that start with an underscore are shared.
"""
