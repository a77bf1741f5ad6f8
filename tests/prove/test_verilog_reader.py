"""The reader of Verilog makes of random expressions what Verilator makes of them, for every code.

What it says beside that, an interval and that a function never falls, has to hold too. Errors that are
planted in its rules have to be noticed.
"""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.backends.verilog.proof.driver import CoreDriver
from edgeml.backends.verilog.proof.expressions import WordExpressions
from edgeml.backends.verilog.proof.machine import DesignReader, ModuleScope
from edgeml.backends.verilog.proof.parser import read_module
from edgeml.backends.verilog.proof.words import BitRun, Word, Words
from edgeml.fixed import IntArray
from edgeml.stages.symbols import Atom, element
from edgeml.tools import verilator

COUNT = 150
CODES: IntArray = np.arange(-64, 64)


class Writer:
    """Writes random expressions of one input.

    Args:
        seed: of the choice.
    """

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)

    def _one(self, *words: str) -> str:
        return str(self._rng.choice(words))

    def number(self) -> str:
        """A literal."""
        width = int(self._rng.integers(1, 8))
        return f"{width}'{self._one('d', 'sd')}{self._rng.integers(0, 1 << width)}"

    def part(self) -> str:
        """Some bits of a wire."""
        name, width = [("x", 7), ("u", 5), ("s", 9)][self._rng.integers(3)]
        low = int(self._rng.integers(0, width))
        high = int(self._rng.integers(low, width))
        return self._one(f"{name}[{high}:{low}]", f"{name}[{low}]", f"{name}[{low} +: {high - low + 1}]")

    def expression(self, depth: int) -> str:
        """An expression."""
        if depth == 0:
            return self._one("x", "u", "s", "x", self.number(), self.part(), f"look({self.part()})")
        a, b, c = (self.expression(depth - 1) for _ in range(3))
        count = self._rng.integers(0, 4)
        return self._one(
            f"({a} + {b})", f"({a} - {b})", f"({a} * {b})", f"(-{a})", f"(~{a})", f"({a} <<< {count})",
            f"({a} >>> {count})", f"{{{a}, {b}}}", f"{{{count + 1}{{{a}}}}}", f"$signed({{1'b0, {a}}})",
            f"$signed({a})", f"(|{a})", f"(&{a})", f"({a} & {b})", f"({a} | {b})", f"({a} ^ {b})",
            f"({a} {self._one('<', '<=', '>', '>=', '==', '!=')} {b})", f"(({c}) ? {a} : {b})",
        )  # fmt: skip

    def module(self) -> str:
        """A module with one wire for every expression."""
        lines = [
            "module fuzz (input wire signed [6:0] x);",
            "  function [5:0] look;",
            "    input [3:0] code;",
            "    case (code)",
            *(f"      4'd{code}: look = 6'd{self._rng.integers(0, 64)};" for code in range(0, 16, 2)),
            "      default: look = 6'd33;",
            "    endcase",
            "  endfunction",
            "  wire [4:0] u = x[5:1];",
            "  wire signed [8:0] s = x - 7'sd9;",
        ]
        for at in range(COUNT):
            width = int(self._rng.integers(1, 14))
            sign = self._one("", " signed")
            lines.append(f"  wire{sign} [{width - 1}:0] w{at} = {self.expression(at % 4)};")
        return "\n".join([*lines, "endmodule", ""])


def read(text: str) -> DesignReader:
    """The reader of a module, with what all its wires are."""
    elements = {f"w{at}": Atom(f"w{at}", 0, -(1 << 20), 1 << 20) for at in range(COUNT)}
    module = read_module(text, "fuzz.v")
    reader = DesignReader({"fuzz": module}, elements, {}, (), ())
    x = element(Atom("x", 0, -64, 63))
    ModuleScope(reader, module, "", {}, lambda _, width: Word((BitRun(width, x, 0),))).settled()
    return reader


def differences(reader: DesignReader, got: IntArray) -> list[str]:
    """The wires of which the reader says something else than what they are, and how many it leaves open."""
    wrong: list[str] = []
    for at in range(COUNT):
        name, right = f"w{at}", got[:, at]
        number = reader.cuts[name].number
        if isinstance(number, int):
            said = np.full(len(CODES), number)
            ends, rises = (number, number), False
        else:
            if number.root is None:
                continue
            values = reader.words.functions.values(number, CODES)
            if values is None:
                wrong.append(name)
                continue
            said, ends, rises = values, (number.lo, number.hi), number.rising
        low, high = int(right.min()), int(right.max())
        falls = rises and bool(np.any(np.diff(right) < 0))
        if not np.array_equal(said, right) or low < ends[0] or high > ends[1] or falls:
            wrong.append(name)
    return wrong


def simulated(reader: DesignReader) -> IntArray:
    """Numbers (codes, wires) from Verilator."""
    driver = CoreDriver(reader.modules, reader.modules["fuzz"], "", reader.cuts, {"x": [(7, "x")]})
    return driver.run({"x": (CODES, 0)}, [(f"w{at}", 0) for at in range(COUNT)])


@pytest.fixture(scope="module")
def text() -> str:
    """The module."""
    return Writer(1).module()


@pytest.fixture(scope="module")
def right(text: str) -> IntArray:
    """The numbers that Verilator makes of it."""
    if verilator.missing():
        pytest.skip(verilator.missing())
    return simulated(read(text))


@pytest.mark.tool
def test_the_reader_and_verilator_agree_on_every_code(text: str, right: IntArray) -> None:
    reader = read(text)
    assert differences(reader, right) == []
    numbers = [cut.number for cut in reader.cuts.values()]
    assert sum(isinstance(x, int) or x.root is not None for x in numbers) == COUNT
    assert sum(not isinstance(x, int) for x in numbers) > COUNT / 2


def zero_in_front(self: WordExpressions, word: Word, width: int, signed: bool) -> Word:
    del signed
    run = self.words.one(word)
    number = self.words.fitted(run.number, run.width, signed=False)  # type: ignore[arg-type]
    return Word((BitRun(width, number, run.clock),))


def without_fitting(self: Words, x: object, width: int, signed: bool) -> object:
    del self, width, signed
    return x


def narrower(self: WordExpressions, parts: tuple[object, ...], scope: object) -> tuple[int, bool]:
    shapes = [self.shape(part, scope) for part in parts]  # type: ignore[arg-type]
    return max(width for width, _ in shapes), any(signed for _, signed in shapes)


@pytest.mark.tool
@pytest.mark.parametrize(
    ("owner", "name", "wrong"),
    [
        (WordExpressions, "_as_wide", zero_in_front),
        (Words, "fitted", without_fitting),
        (WordExpressions, "_widest", narrower),
    ],
)
def test_an_error_in_a_rule_is_noticed(
    owner: type, name: str, wrong: object, text: str, right: IntArray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner, name, wrong)
    assert differences(read(text), right) != []
