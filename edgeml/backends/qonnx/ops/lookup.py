"""Lookup: a Gather from the table."""

from __future__ import annotations

import numpy as np

from edgeml.backends.qonnx.model import QonnxModel, QonnxTensor
from edgeml.fixed import IntArray
from edgeml.ir import Graph, Node
from edgeml.ir.layout import Order


def exponents(graph: Graph, node: Node) -> int | IntArray:
    """The exponents of the factor which makes codes of the input."""
    return graph.info(node.inputs[0]).frac


def emit(model: QonnxModel, node: Node) -> QonnxTensor:
    """Gather; a negative code counts from the end of the table, so that end holds the negative half."""
    from onnx import TensorProto

    source, table = node.inputs
    info, entries = model.graph.info(source), model.graph.info(table)
    x = model.tensors[source]
    codes_of = np.arange(entries.size) + info.scalar.lo
    reached = (codes_of >= info.lo.min()) & (codes_of <= info.hi.max())
    values = np.ldexp(np.where(reached, model.constants[table], 0).astype(np.float64), -entries.frac)
    rolled = model.initializer(np.roll(values, info.scalar.lo).astype(np.float32), f"{node.name}_table")
    rank = len(info.shape) if x.layout.order is not Order.FLAT else 1
    lsb = np.full((1,) * (rank + 1), np.ldexp(1.0, info.frac), np.float32)
    codes = model.node(
        "Mul", [x.name, model.initializer(lsb, f"{node.name}_steps")], model.unique(f"{node.name}_code")
    )
    index = model.node("Cast", [codes], model.unique(f"{node.name}_index"), to=int(TensorProto.INT64))
    return QonnxTensor(
        model.node("Gather", [rolled, index], model.output_name(node.name, x.layout), axis=0), x.layout
    )
