"""FPGA families that Yosys maps to: one file each, with the command and what every kind of cell costs.

The folder is the registry. To add a family, add `families/<name>.py` with `FAMILY = Family(...)`.

family = families.of(boards.load("ulx3s-85f"))      # ecp5
usage = family.usage(synthesized.cells)
"""

from __future__ import annotations

import importlib
import pkgutil

from edgeml.boards import Board
from edgeml.errors import EdgemlError
from edgeml.synth.families.base import Cost, Family, OpenFlow

__all__ = ["Cost", "Family", "OpenFlow", "load", "names", "of"]


def names() -> tuple[str, ...]:
    """All families, sorted."""
    return tuple(sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name != "base"))


def load(name: str) -> Family:
    """One family."""
    return importlib.import_module(f"{__name__}.{name}").FAMILY


def of(board: Board) -> Family:
    """The family of a board's FPGA.

    Raises:
        EdgemlError: Yosys maps to no such FPGA.
    """
    for name in names():
        if board.family in load(name).boards:
            return load(name)
    known = sorted(board_family for name in names() for board_family in load(name).boards)
    raise EdgemlError(
        f"Yosys cannot synthesize for {board.family}",
        board.name,
        f"it can for {', '.join(known)}; this board needs the flow {board.flow.value}",
    )
