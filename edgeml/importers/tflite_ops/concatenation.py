"""CONCATENATION of int8 values of one scale."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.importers.affine.arrange import as_source
from edgeml.importers.affine.value import AffineValue, WeightedNode
from edgeml.importers.tflite_reader.model import TfliteOperator
from edgeml.importers.tflite_reader.reader import TfliteReader, one_scale
from edgeml.ir.ops.concat import Concat


def lower(operator: TfliteOperator, reader: TfliteReader) -> AffineValue:
    """Codes side by side along an axis.

    Raises:
        EdgemlError: an input has another scale than the output, as TFLite's int8 kernel refuses too.
    """
    result = one_scale(reader.result(operator))
    if any(one_scale(reader.tensor(operator, place)) != result for place in range(len(operator.inputs))):
        raise EdgemlError("values of other scales than the result's")
    values = [
        as_source(reader.assembly, reader.value(operator, place)) for place in range(len(operator.inputs))
    ]
    axis = operator.options.Axis() if operator.options is not None else -1
    axis = axis % len(values[0].source_shape) - 1
    node = reader.assembly.add(Concat(axis), *(value.only.node for value in values), part="concat")
    shape = reader.assembly.info(node).shape
    index = np.arange(int(np.prod(shape)), dtype=np.int64).reshape(1, *shape)
    return replace(values[0], terms=(WeightedNode(node, values[0].only.factor),), shape=shape, index=index)
