"""The wires that may hold the elements of values: those that the emitter names so.

These are guesses, as far as a proof is concerned: each is shown by its stage, and a wrong one makes a
difference or a wire that is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edgeml.backends.verilog.cells import Num, elements
from edgeml.backends.verilog.design import Design, elaborate
from edgeml.backends.verilog.module import wires
from edgeml.backends.verilog.names import Names
from edgeml.ir import Graph


@dataclass(frozen=True)
class CellPlace:
    """The place of an element of a value.

    Args:
        cell: the wire's path, or an input's element; empty for a constant.
        shift: the element's code is the wire's number times two to this.
        code: of a constant.
    """

    cell: str
    shift: int = 0
    code: int = 0


Places = Mapping[str, tuple[CellPlace | None, ...]]
"""The places of the elements of values; None for one that nothing in the design depends on."""


def input_cell(name: str, index: int) -> str:
    """The cell of an element of an input."""
    return f"{name}[{index}]"


def places_of(graph: Graph, core: str) -> Places:
    """The places of the elements of all values of a graph.

    Args:
        graph: prepared.
        core: path of the core's instance, with a dot behind it.
    """
    design = elaborate(graph)
    buses = Names("clk", "ce")
    for layer in design.layers:
        layer.module = buses.unique(layer.module)
    return places_in(design, core)


def places_in(design: Design, core: str) -> Places:
    """The places of the elements of all values of a design whose modules have their names."""
    paths = {key: core + path for key, path in wires(design).items()}
    names = [name for name in design.values if name not in design.graph.constants]
    return {name: _of_value(design, name, paths) for name in names}


def _of_value(design: Design, name: str, paths: Mapping[int, str]) -> tuple[CellPlace | None, ...]:
    info = design.graph.info(name)
    fracs = np.broadcast_to(np.asarray(info.type.frac), info.shape).reshape(-1).tolist()
    items = elements(design.values[name])
    return tuple(_of_element(design, num, frac, paths) for num, frac in zip(items, fracs, strict=True))


def _of_element(design: Design, num: Num, frac: int, paths: Mapping[int, str]) -> CellPlace | None:
    cell, shift = num.cell, frac - num.frac
    if cell.is_const:
        return CellPlace("", 0, cell.lo << shift if shift >= 0 else cell.lo >> -shift)
    layer = design.layers[cell.layer]
    if layer.is_input:
        return CellPlace(input_cell(layer.nodes[0].name, cell.data[0]), shift)
    path = paths.get(id(cell))
    return None if path is None else CellPlace(path, shift)
