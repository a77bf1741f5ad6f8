"""One rule says whether a design fits, and every place that says so says the same."""

from __future__ import annotations

import ast
import re
from itertools import product
from pathlib import Path

import pytest

from edgeml import boards, fits
from edgeml.errors import EdgemlError
from edgeml.estimate import Preflight
from edgeml.estimate.verdict import needs
from edgeml.figures import Figure, Hardware, Usage
from edgeml.fits import Need
from edgeml.report.sections.hardware.design import DesignOnBoard
from edgeml.report.sections.hardware.facts import BoardFacts
from edgeml.synth.result import refuse_what_does_not_fit

SOURCE = Path(__file__).parent.parent / "edgeml"
BOARD = boards.load("arty-a7-35t")  # has no large RAM
FACTS = BoardFacts.of(BOARD)
LUT = BOARD.resources.lut


@pytest.mark.parametrize(
    ("low", "high", "state"),
    [
        (10, 80, "fits"),
        (10, 81, "tight"),
        (96, 96, "tight"),
        (100, 100, "tight"),
        (100, 101, "may not fit"),
        (101, 200, "does not fit"),
    ],
)
def test_the_rule(low: float, high: float, state: str) -> None:
    assert Need("lut", Figure(value=high, low=low, high=high), 100).state == state


def test_a_kind_that_the_chip_has_none_of() -> None:
    assert Need("uram", Figure(value=0), 0).state == "fits"
    assert Need("uram", Figure(value=1), 0).state == "does not fit"
    assert Need("uram", Figure(value=1, low=0, high=2), 0).state == "may not fit"


def sweep() -> list[Hardware]:
    """Made-up figures: with and without intervals, of all kinds, of a network and of the board around it."""
    usages = [
        Usage(lut=Figure(value=LUT * share, low=LUT * share * spread, high=LUT * share / spread))
        for share, spread in product((0.1, 0.7, 0.79, 0.9, 1.0, 1.05, 2.0), (1.0, 0.9, 0.5))
    ]
    usages += [usage.model_copy(update={"uram": Figure(value=n)}) for usage in usages for n in (0, 2)]
    usages += [usage.model_copy(update={"dsp": Figure(value=n)}) for usage in usages for n in (0, 80, 9999)]
    wholes = [None, Usage(lut=Figure(value=20)), Usage(lut=Figure(value=LUT * 0.95), bram=Figure(value=1))]
    return [
        Hardware(design="verilog", part=BOARD.part, source="estimate", total=usage, whole=whole)
        for usage, whole in product((*usages, Usage()), wholes)
    ]


def test_all_places_agree() -> None:
    seen: set[str] = set()
    for found in sweep():
        state = fits.verdict(found, BOARD)
        seen.add(state)
        assert DesignOnBoard(found, FACTS).fit == state  # report, comparison and charts
        told = Preflight("verilog", BOARD.name, found, needs(found, BOARD), "")
        assert told.state == state  # estimate, export and synth before anything runs
        assert all(need.state == state for need in told.over)
        assert bool(told.over) == (state not in ("fits", "unknown"))
        try:
            refuse_what_does_not_fit(fits.occupied(found), BOARD, "a tool")  # synth, by count
            refused = False
        except EdgemlError:
            refused = True
        assert refused == (state == "does not fit")
    assert seen == {"unknown", "fits", "tight", "may not fit", "does not fit"}


def test_nothing_else_compares_a_figure_with_a_capacity() -> None:
    """A comparison that names a board's capacity or resources says "fits" by a rule of its own."""
    searches = {"estimate/placement.py", "synth/top/rom.py"}  # how many vectors go into a memory
    for path in sorted(SOURCE.rglob("*.py")):
        name = path.relative_to(SOURCE).as_posix()
        if name == "fits.py" or name in searches:
            continue
        source = path.read_text(encoding="utf-8")
        if not re.search(r"\.(capacity|resources)\b", source):  # parsing every file takes a second
            continue
        for node in ast.walk(ast.parse(source)):
            if not isinstance(node, ast.Compare):
                continue
            words = {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)}
            sizes = any(isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE) for op in node.ops)
            assert not (sizes and words & {"capacity", "resources"}), (
                f"{name}:{node.lineno} compares by itself"
            )
