"""An ONNX model computed in float64: the onnx package's reference implementation and QONNX's nodes.

Invariant: the formulas are those of the operators' own definitions, none of the exact graph's; only the
number format differs from the source's, so that what float32 rounds can be told from what an import gets
wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.importers.onnx_reader import double_operators

_DOMAIN = double_operators.DOMAIN


class DoubleModel:
    """A model in float64, for one sample at a time.

    Args:
        model: the ModelProto.
        names: of the tensors wanted.
    """

    def __init__(self, model: Any, names: Sequence[str]) -> None:
        from onnx.reference import ReferenceEvaluator

        self._names = list(names)
        operators = double_operators.all_of_them()
        self._evaluator = ReferenceEvaluator(_widened(model, names), new_ops=operators)

    def tensors(self, feeds: Mapping[str, NDArray[Any]]) -> Mapping[str, NDArray[Any]]:
        """The tensors wanted, for inputs with a batch of one."""
        wide = {name: values.astype(np.float64) for name, values in feeds.items()}
        results: list[Any] = list(self._evaluator.run(self._names, wide))
        return dict(zip(self._names, results, strict=True))


def _widened(model: Any, names: Sequence[str]) -> Any:
    """The model with float64 in place of float32, and with inner tensors as outputs."""
    import onnx

    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    floats = (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16)
    for tensor in copy.graph.initializer:
        if tensor.data_type in floats:
            values = onnx.numpy_helper.to_array(tensor).astype(np.float64)
            tensor.CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))
    for node in copy.graph.node:
        if node.domain in ("onnx.brevitas", "finn.custom_op.general"):
            node.domain = _DOMAIN
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.TENSOR and attribute.t.data_type in floats:
                values = onnx.numpy_helper.to_array(attribute.t).astype(np.float64)
                attribute.t.CopyFrom(onnx.numpy_helper.from_array(values))
            if node.op_type == "Cast" and attribute.name == "to" and attribute.i in floats:
                attribute.i = onnx.TensorProto.DOUBLE
    del copy.graph.value_info[:]
    for port in copy.graph.input:
        if port.type.tensor_type.elem_type in floats:
            port.type.tensor_type.elem_type = onnx.TensorProto.DOUBLE
    there = {output.name for output in copy.graph.output}
    copy.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names if name not in there)
    if _DOMAIN not in {entry.domain for entry in copy.opset_import}:
        copy.opset_import.append(onnx.helper.make_opsetid(_DOMAIN, 1))
    return copy
