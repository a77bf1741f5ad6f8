"""BatchNormalization: a factor and an offset per channel, taken up by the quantizer behind it."""

from __future__ import annotations

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.importers.affine import exact as ex
from edgeml.importers.affine.arrange import apart
from edgeml.importers.affine.exact import Exact
from edgeml.importers.affine.value import AffineValue
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.importers.onnx_reader.operands import Operand
from edgeml.importers.onnx_reader.reader import OnnxReader

DOMAINS = frozenset({"", "qonnx.custom_op.channels_last"})


def lower(node: SourceNode, reader: OnnxReader) -> Operand:
    """(x - mean) * gamma / sqrt(variance + epsilon) + beta; the root in float64, the rest exactly."""
    value = reader.value(node)
    if node.integer("training_mode", 0):
        raise EdgemlError("training_mode", hint="export the model for inference")
    names = ("gamma", "beta", "mean", "variance")
    gamma, beta, mean, variance = (
        reader.constant(node, position, name).values.reshape(-1)
        for position, name in enumerate(names, start=1)
    )
    root = np.sqrt(variance.astype(np.float64) + node.number("epsilon", 1e-5))
    if not np.all(root > 0):
        raise EdgemlError("a variance that is negative, or zero with an epsilon of zero")
    rank = len(value.source_shape)
    axis = rank - 1 if node.domain else 1
    shape = [-1 if position == axis else 1 for position in range(rank)]
    channels = value.source_shape[axis]
    if {array.size for array in (gamma, beta, mean, root)} - {1, channels}:
        raise EdgemlError(f"parameters that do not fit {channels} channels")
    value = apart(reader.assembly, value, tuple(channels if size < 0 else size for size in shape))
    # numbers of one channel broadcast; others lie along the channels' axis
    factor = ex.as_exact(ex.exact(gamma) / ex.exact(root))
    offset = ex.as_exact(ex.exact(beta) - ex.exact(mean) * factor)
    return value.times(_along(value, factor, shape)).plus(_along(value, offset, shape))


def _along(value: AffineValue, numbers: Exact, shape: list[int]) -> Exact:
    return value.spread(numbers if numbers.size == 1 else numbers.reshape(shape))
