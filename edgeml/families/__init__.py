"""Chip families: one file each, with the cells, the tools and the estimates' constants of a family.

The folder is the registry. To add a family, add `families/<name>.py` with `FAMILY = Family(...)`. Its
fabric has measurements in edgeml/estimate/calibration.json (`python -m benchmarks.estimates`), or names the
fabric whose measurements it borrows.

family = families.mapped(boards.load("ulx3s-85f"))      # ecp5
usage = family.usage(synthesized.cells)
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Literal

from edgeml.boards import Board, Flow
from edgeml.errors import EdgemlError
from edgeml.families._base import (
    CellCost,
    ConstraintFormat,
    Fabric,
    Family,
    LutKind,
    OpenFlow,
    PortPin,
    YosysMapping,
)
from edgeml.folder import ModuleFolder

__all__ = [
    "CellCost",
    "ConstraintFormat",
    "Fabric",
    "Family",
    "OpenFlow",
    "PortPin",
    "SynthesisTool",
    "YosysMapping",
    "constraint_formats",
    "fabric",
    "load",
    "mapped",
    "names",
    "of",
]

SynthesisTool = Literal["yosys", "vendor"]
"""The synthesis tool that an estimate is for: Yosys, or the tool of the chip's maker."""


_FOLDER = ModuleFolder("chip family", __name__)


def names() -> tuple[str, ...]:
    """All families, sorted."""
    return _FOLDER.names()


@cache
def load(name: str) -> Family:
    """One family.

    Raises:
        EdgemlError: there is none of this name, or its file declares none.
    """
    return _FOLDER.declared(name, "FAMILY", Family)


@cache
def _all() -> tuple[Family, ...]:
    return tuple(map(load, names()))


def of(board: Board) -> Family | None:
    """The family of a board's chip; None if no file names it.

    A board with an open flow is of the family that the flow is for, whatever its description calls the chip.
    """
    named = (family for family in _all() if board.family in family.boards)
    by_flow = (family for family in _all() if board.flow.is_open and board.flow in family.flows)
    return next(named, None) or next(by_flow, None)


def mapped(board: Board) -> Family:
    """The family of a board's chip, one that Yosys maps to.

    Raises:
        EdgemlError: Yosys maps to no such chip.
    """
    for family in _all():
        if board.family in family.boards and family.yosys is not None:
            return family
    titles = sorted(title for family in _all() if family.yosys is not None for title in family.boards)
    raise EdgemlError(
        f"Yosys cannot synthesize for {board.family}",
        board.name,
        f"it can for {', '.join(titles)}; this board needs the flow {board.flow.value}",
    )


def fabric(board: Board, tool: SynthesisTool | None = None) -> Fabric:
    """The fabric of a board's chip under a tool, with the board's own widths of multipliers.

    Args:
        board: the board; a chip of an unknown family is taken for one with the same kind of table.
        tool: None: "yosys" if the board has an open flow, else "vendor".
    """
    chosen = tool or ("yosys" if board.flow.is_open else "vendor")
    resources = board.resources
    family = of(board)
    generic = _generic(resources.lut_kind)
    under = (family, generic) if family is not None else (generic,)
    if chosen == "yosys":
        cells = next((one.yosys.fabric for one in under if one.yosys is not None), generic.vendor)
    else:
        cells = next((one.vendor for one in under if one.vendor is not None), None)
    assert cells is not None, "a generic family has a fabric under its maker's tool"
    return replace(cells, dsp_bits=resources.dsp_bits)


def _generic(kind: LutKind) -> Family:
    return next(family for family in _all() if family.generic_for == kind)


def constraint_formats() -> dict[Flow, ConstraintFormat]:
    """The constraint formats that families have of their own, by the flows whose tools read them."""
    return {
        flow: family.constraints
        for family in _all()
        if family.constraints is not None
        for flow in family.flows
    }
