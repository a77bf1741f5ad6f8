"""The power of two by which a tensor differs from its value, and what an op is asked about it.

A tensor of the exact model holds value * 2^unit. Each op's file in `ops` says in which unit it would like its
inputs (`input_unit`, asked backwards, from the outputs to the inputs) and in which unit its result is then
(`result_unit`, asked forwards).

Invariant: a unit is an int, or an array that broadcasts to the value's shape without enlarging it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from edgeml.fixed import IntArray
from edgeml.ir import Graph, Node, ValueInfo
from edgeml.ir.ops._move import Move

Unit: TypeAlias = int | IntArray
"""Exponent of the factor between a value and its tensor; an array broadcasts to the value."""


@dataclass(frozen=True)
class UnitSite:
    """An op in its graph, as `input_unit` and `result_unit` see it.

    Args:
        graph: the graph.
        node: the op.
        preferred: the unit in which the last op that reads the result would like it; None if any will do.
        units: of every value before it that depends on an input, by name; empty for `input_unit`.
        changes_nothing: a cast whose result has the codes of its input.
    """

    graph: Graph
    node: Node
    preferred: Unit | None
    units: Mapping[str, Unit]
    changes_nothing: bool = False

    @property
    def info(self) -> ValueInfo:
        """Shape, type and bounds of the result."""
        return self.graph.info(self.node.name)

    @property
    def inputs(self) -> list[Unit]:
        """Units of the inputs, constants left out."""
        return [self.units[name] for name in self.node.inputs if name in self.units]


def same_unit(a: Unit, b: Unit) -> bool:
    """True if both are the same factor for every element."""
    return bool(np.all(np.asarray(a) == np.asarray(b)))


def simple_unit(unit: Unit) -> Unit:
    """An int if all entries are the same."""
    if isinstance(unit, int):
        return unit
    first = int(unit.flat[0])
    return first if np.all(unit == first) else unit


def per_last_axis(unit: Unit) -> bool:
    """True for a scalar unit, or one that varies along the last axis only."""
    return isinstance(unit, int) or unit.size == unit.shape[-1]


# ---------------------------------------------------------------- rules that several ops share


def any_unit(at: UnitSite) -> Unit | None:
    """`input_unit` of an op that takes its inputs in whatever unit they have."""
    del at
    return None


def preferred_unit(at: UnitSite) -> Unit | None:
    """`input_unit` of an op that hands on its input's unit."""
    return at.preferred


def preferred_if_scalar(at: UnitSite) -> Unit | None:
    """`input_unit` of an op that changes the places of elements: one unit for all can be passed on."""
    return at.preferred if isinstance(at.preferred, int) else None


def preferred_if_per_channel(at: UnitSite) -> Unit | None:
    """`input_unit` of a pooling: a unit per channel can be passed on."""
    return at.preferred if at.preferred is None or per_last_axis(at.preferred) else None


def preferred_or_lsb(at: UnitSite) -> Unit:
    """`result_unit` of a product with constant weights, which take up any unit per column."""
    return at.preferred if at.preferred is not None and per_last_axis(at.preferred) else at.info.frac


def unit_of_input(at: UnitSite) -> Unit:
    """`result_unit` of an op that hands on its input's unit."""
    return at.inputs[0]


def channel_unit_of_input(at: UnitSite) -> Unit:
    """`result_unit` of a pooling: the input's, if all elements of a window have the same."""
    unit = at.inputs[0]
    return unit if per_last_axis(unit) else at.info.frac


def unit_of_pair(at: UnitSite) -> Unit:
    """`result_unit` of an op on two values in one unit.

    It is the preferred one if an operand has it, else that of the first.
    """
    fits = at.preferred is not None and any(same_unit(at.preferred, unit) for unit in at.inputs)
    return at.preferred if fits and at.preferred is not None else at.inputs[0]


def unit_of_joined(at: UnitSite) -> Unit:
    """`result_unit` of an op that puts values side by side: one for all elements."""
    return next((unit for unit in at.inputs if isinstance(unit, int)), at.info.frac)


def unit_moved(at: UnitSite) -> Unit:
    """`result_unit` of an op that changes the places of elements: the units move with them."""
    (unit,) = at.inputs
    if isinstance(unit, int):
        return unit
    op, shape = at.node.op, at.graph.info(at.node.inputs[0]).shape
    assert isinstance(op, Move)
    return op.moved(np.asarray(np.broadcast_to(unit, shape), np.int64))
