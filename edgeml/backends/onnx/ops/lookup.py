"""Lookup: a Gather from the table."""

from __future__ import annotations

import numpy as np

from edgeml.backends.onnx.model import ExactModel, ScaledTensor
from edgeml.backends.onnx.plan import CarrierStep
from edgeml.backends.onnx.units import Unit, UnitSite
from edgeml.ir import Node


def result_unit(at: UnitSite) -> Unit:
    """The table's entries take up any one unit."""
    return at.preferred if isinstance(at.preferred, int) else at.info.frac


def input_unit(at: UnitSite) -> Unit:
    """Codes: they are the table's indices."""
    return at.graph.info(at.node.inputs[0]).frac


def emit(model: ExactModel, node: Node, step: CarrierStep) -> ScaledTensor:
    """Gather: a negative code counts from the end of the table, so that end holds the negative half."""
    from onnx import TensorProto

    source, table = node.inputs
    info, entries = model.graph.info(source), model.graph.info(table)
    x = model.tensors[source]
    codes = model.fetch(source, info.frac, x.double, x.layout)
    index = model.writer.new_node("Cast", [codes], f"{node.name}/index", to=int(TensorProto.INT32))
    codes_of = np.arange(entries.size) + info.scalar.lo
    reached = (codes_of >= info.lo.min()) & (codes_of <= info.hi.max())
    # An entry that is never read may be too wide for the carrier.
    rolled = np.roll(np.where(reached, model.plan.constants[table], 0), info.scalar.lo)
    values = model.scaled(rolled, entries.type.frac, step.unit, step.double, node.name)
    constant = model.writer.shared_constant(values, f"{node.layer}/table")
    tensor = model.writer.new_node("Gather", [constant, index], node.name, axis=0)
    return ScaledTensor(tensor, step.unit, step.double, x.layout)
