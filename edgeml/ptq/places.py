"""The tensors of a network that are quantized: its input, and behind every layer that computes.

A result is rounded once, behind the activation that alone reads it. What only moves or compares values needs
no rounding of its own. A result at the end of the network stays exact: logits are only compared.

Invariant: every tensor that a layer with weights reads is quantized, or moves or compares quantized ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.importers.onnx_reader.model import SourceNode
from edgeml.ptq.net import FloatNet

_MOVES = frozenset(
    (
        *("MaxPool", "GlobalMaxPool", "Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze", "Concat"),
        *(
            "Slice",
            "Pad",
            "Identity",
            "Dropout",
            "Resize",
            "Upsample",
            "DepthToSpace",
            "SpaceToDepth",
            "Gather",
        ),
    )
)
"""Operators whose results are values of their inputs."""

_ACTIVATIONS = frozenset(("Relu", "Clip", "LeakyRelu", "PRelu"))
"""Operators that are computed exactly on the sums in front of them."""

_LIMITS = frozenset(("Max", "Min"))
"""Operators that are so where one of their two inputs is a constant."""

_CURVES = frozenset(("Sigmoid", "Tanh"))
"""Operators that become tables; their input is quantized as well."""

_TABLES = frozenset(("Elu", "HardSigmoid", "Softplus"))
"""Operators that become tables, at the end of a network too."""

ENDS = frozenset(("Softmax", "LogSoftmax", *_CURVES))
"""Operators at the end of a network that are left off: the largest logit is the class."""

_OTHERS = (
    f"replace it by one of {', '.join(sorted(_ACTIVATIONS | _CURVES | _TABLES))} and train again, or cut the "
    "model in front of it"
)
_REMEDIES = {
    "ConvTranspose": "replace it by an upsampling (nearest) and a convolution, and train again",
    **dict.fromkeys(_LIMITS, "replace it by an addition or a concatenation, and train again"),
}
"""The remedy for operators that are not covered and are no activations."""

_MEANS = frozenset(("AveragePool", "GlobalAveragePool", "ReduceMean"))
"""Operators whose results lie between the ends of their inputs."""

_SUMS = frozenset(
    (
        *("Conv", "Gemm", "MatMul", "Add", "Sub", "Mul", "Div", "BatchNormalization", "Neg"),
        *_MEANS,
    )
)
"""Operators whose results have more bits than their inputs."""

_POSITIVE = frozenset(("Relu", "Sigmoid", "HardSigmoid", "Softplus"))


@dataclass(frozen=True)
class QuantizedPlace:
    """A tensor that is quantized.

    Args:
        tensor: its name.
        signed: false if it is never negative.
        layer: the layer with weights whose result it is, or the tensor itself.
        term: true if additions of two tensors alone read it: no multiplier sees its width.
    """

    tensor: str
    signed: bool
    layer: str
    term: bool = False


def places(net: FloatNet) -> tuple[QuantizedPlace, ...]:
    """The tensors that are quantized, the input aside, in order.

    Raises:
        EdgemlError: an operator is not covered; names the layer, with the remedy.
    """
    return tuple(_places(net))


def _places(net: FloatNet) -> Iterator[QuantizedPlace]:
    wide: dict[str, str] = {}
    nonnegative: set[str] = set()
    for node in net.nodes:
        sources = [name for name in node.inputs if name and name not in net.constants]
        (output,) = node.outputs
        _need_covered(net, node)
        within = node.op_type in _MOVES | _MEANS or (node.op_type == "Add" and len(sources) == 2)
        if node.op_type in _POSITIVE or (within and all(name in nonnegative for name in sources)):
            nonnegative.add(output)
        if node.op_type == "Max" and any(np.all(net.constants.get(name, -1) >= 0) for name in node.inputs):
            nonnegative.add(output)
        if node.op_type == "Clip" and float(_constant(net, node, 1, -1.0)) >= 0:
            nonnegative.add(output)
        origin = next((wide[name] for name in sources if name in wide), output)
        computes = node.op_type in _SUMS | _CURVES | _TABLES
        if not computes and not any(name in wide for name in sources):
            continue
        if node.op_type in _TABLES or not _deferred(net, output):
            layer = origin if node.op_type not in ("Add",) or len(sources) == 1 else output
            yield QuantizedPlace(output, output not in nonnegative, layer, _is_term(net, output))
        else:
            wide[output] = origin


def _is_term(net: FloatNet, tensor: str) -> bool:
    """True if additions of two tensors alone read a tensor."""
    readers = net.readers.get(tensor, ())
    return tensor not in net.outputs and all(_adds_two(net, reader) for reader in readers)


def only_summed(net: FloatNet, tensor: str) -> bool:
    """True if additions of two tensors and means alone read a tensor."""
    readers = net.readers.get(tensor, ())
    return tensor not in net.outputs and all(
        reader.op_type in _MEANS or _adds_two(net, reader) for reader in readers
    )


def _adds_two(net: FloatNet, node: SourceNode) -> bool:
    """True for an addition without a constant."""
    return node.op_type == "Add" and not any(name in net.constants for name in node.inputs)


def _deferred(net: FloatNet, tensor: str) -> bool:
    """True if the rounding of a tensor waits for what reads it, or is not needed at all."""
    readers = net.readers.get(tensor, ())
    if _only_ends(net, tensor):
        return True
    if len(readers) != 1 or tensor in net.outputs:
        return False
    (reader,) = readers
    with_constant = reader.op_type in ("Add", "Mul", "Sub", "Div", *_LIMITS) and any(
        name in net.constants for name in reader.inputs
    )
    return reader.op_type in _ACTIVATIONS or with_constant or reader.op_type == "BatchNormalization"


def _only_ends(net: FloatNet, tensor: str) -> bool:
    """True if a tensor goes to outputs alone, but for what is left off there or moves it."""
    readers = net.readers.get(tensor, ())
    if not readers:
        return True
    return tensor not in net.outputs and all(
        (reader.op_type in ENDS or (reader.op_type in _MOVES and len(reader.outputs) == 1))
        and _only_ends(net, reader.outputs[0])
        for reader in readers
    )


def _constant(net: FloatNet, node: SourceNode, place: int, otherwise: float) -> float:
    if len(node.inputs) > place and node.inputs[place] in net.constants:
        return float(net.constants[node.inputs[place]].reshape(-1)[0])  # some exporters write (1,)
    return otherwise


def _need_covered(net: FloatNet, node: SourceNode) -> None:
    """Refuse an operator that is not covered.

    Raises:
        EdgemlError: names it, with the remedy.
    """
    kind = node.op_type
    if kind in _LIMITS and any(name in net.constants for name in node.inputs):
        return
    if kind in _MOVES | _ACTIVATIONS | _SUMS | _CURVES | _TABLES:
        return
    if kind in ENDS:
        if _only_ends(net, node.outputs[0]):
            return
        raise EdgemlError(f"{kind} within the network", node.name, "end the model at its logits")
    raise EdgemlError(
        f"the operator {kind} is not quantized after training", node.name, _REMEDIES.get(kind, _OTHERS)
    )
