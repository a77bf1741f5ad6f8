"""PAD with zeros: the codes of zero are the zero point."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.importers.affine import settle
from edgeml.importers.affine.arrange import as_source
from edgeml.importers.affine.quantize import quantized
from edgeml.importers.affine.value import AffineValue, WeightedNode
from edgeml.importers.tflite_reader.model import TfliteOperator
from edgeml.importers.tflite_reader.reader import TfliteReader, one_scale
from edgeml.ir.ops.pad import Pad


def lower(operator: TfliteOperator, reader: TfliteReader) -> AffineValue:
    """Constant paddings; not of the batch.

    Raises:
        EdgemlError: paddings that are no (rank, 2) of numbers from 0, or another scale.
    """
    pads = reader.constant(operator, 1, "paddings")
    value = reader.value(operator)
    rank = len(value.source_shape)
    if pads.shape != (rank, 2) or np.any(pads < 0) or np.any(pads[0]):
        raise EdgemlError(f"paddings {pads.tolist()} of a value of shape {value.source_shape}")
    if one_scale(reader.tensor(operator, 0)) != one_scale(reader.result(operator)):
        raise EdgemlError("a padding to another scale")
    assembly = reader.assembly
    value = as_source(assembly, settle.anchored(assembly, value))
    pairs = tuple((int(before), int(after)) for before, after in pads[1:])
    node = assembly.add(Pad(pairs), value.only.node, part="pad")
    shape = assembly.info(node).shape
    index = np.arange(int(np.prod(shape)), dtype=np.int64).reshape(1, *shape)
    padded = replace(value, terms=(WeightedNode(node, value.only.factor),), shape=shape, index=index)
    return quantized(assembly, padded, reader.quantizer(reader.result(operator)))
