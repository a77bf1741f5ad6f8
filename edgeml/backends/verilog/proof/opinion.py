"""A second opinion on a design that takes a whole sample per beat: Yosys' solver proves small stages.

The wires that hold elements are cut as for Verilator (`driver`). What the text makes of them is compared with
what the graph makes of them: sums with the multiples that its unit vectors give, functions of one element
piece by piece. The solver shows that no numbers within the intervals make a difference; no vectors, kinds of
functions or simulators are needed for that. Registers count as wires: carrying out the text shows that the
data of a stage are equally old.

Invariant: a value is named only if all of its wires were compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edgeml.backends.verilog.proof.stages import DesignStages
from edgeml.errors import EdgemlError, MissingToolError
from edgeml.fixed import IntArray
from edgeml.ir.structure import NONE, SINGLE, Form
from edgeml.scratch import scratch_folder
from edgeml.stages import ArtefactStage, Reference, SecondOpinion
from edgeml.tools import read_log, yosys

_BITS = 22
"""Most bits of all elements that a sum reads: beyond that the solver takes too long."""

_PIECES = 128
"""Most pieces of a function of one element on which it is affine."""

_CODES = 1 << 16
"""Most codes of an element."""

_SECONDS, _EACH = 60.0, 10
"""Time limits for all of it, and for one value; the WebAssembly build knows the first one only."""

_TOP = "edgeml_opinion"
_LANE = 64

_READ = re.compile(r"\bin_(\d+)\b")

_REGISTERS = r"""
module \$dff (CLK, D, Q);
  parameter WIDTH = 1; parameter CLK_POLARITY = 1;
  input CLK; input [WIDTH-1:0] D; output [WIDTH-1:0] Q; assign Q = D;
endmodule
module \$dffe (CLK, EN, D, Q);
  parameter WIDTH = 1; parameter CLK_POLARITY = 1; parameter EN_POLARITY = 1;
  input CLK, EN; input [WIDTH-1:0] D; output [WIDTH-1:0] Q; assign Q = D;
endmodule
"""


def second_opinion(stages: DesignStages, reference: Callable[[ArtefactStage], Reference]) -> SecondOpinion:
    """Let Yosys prove the stages that are small enough.

    Args:
        stages: of the design, with a driver.
        reference: the graph's side of a stage.

    Raises:
        MissingToolError: there is no Yosys.
        EdgemlError: it fails, or takes too long.
    """
    claims, left = dict[str, dict[str, _Expression]](), list[str]()
    for stage in stages.inner():
        claim = _Claim(stages, stage.value, reference(stage)).of_wires()
        if claim is None:
            left.append(stage.value)
        else:
            claims[stage.value] = claim
    claims = dict(sorted(claims.items(), key=lambda item: sum(len(one.text) for one in item[1].values())))
    if not claims:
        return SecondOpinion("Yosys", (), tuple(left), ())
    with scratch_folder() as folder:
        assert stages.driver is not None
        texts = stages.driver.sources() | {_TOP: _checked(stages, claims), "registers": _REGISTERS}
        for name, text in texts.items():
            (folder / f"{name}.v").write_text(text)
        names = " ".join(f"{name}.v" for name in texts if name != "registers")
        script = [
            f"read_verilog {names}",
            f"hierarchy -check -top {_TOP}",
            *("proc", "memory_collect", "memory_map", "flatten", "opt_clean"),
            "techmap -map registers.v",
            "select -assert-none t:$*dff* t:$dlatch* t:$*mem*",
            "opt_clean",
            f"cd {_TOP}",
        ]
        for at in range(len(claims)):
            script += [
                f"select w:good_{at} %ci*",
                f"tee -q -o {at}.txt sat -timeout {_EACH} -prove good_{at} 1'b1",
                "select -clear",
            ]
        reports = {value: folder / f"{at}.txt" for at, value in enumerate(claims)}
        try:
            yosys.run_script(yosys.TOOL.need(), script, folder, ".", "opinion.log", _SECONDS)
        except MissingToolError:
            raise
        except EdgemlError:  # the time is over; what was said before holds
            if not any(path.is_file() for path in reports.values()):
                raise
        words = {value: read_log(path) if path.is_file() else "" for value, path in reports.items()}
    agreed = [value for value, text in words.items() if "no model found: SUCCESS" in text]
    against = [value for value, text in words.items() if "model found: FAIL" in text]
    left += [value for value in words if value not in (*agreed, *against)]
    return SecondOpinion("Yosys", tuple(agreed), tuple(left), tuple(against))


@dataclass(frozen=True)
class _Expression:
    """The number on a wire as the graph has it.

    Args:
        text: in Verilog, signed.
        bits: that hold it and all parts of it.
    """

    text: str
    bits: int


class _Claim:
    """The expressions by which the graph computes the wires of a value from the wires before."""

    def __init__(self, stages: DesignStages, value: str, reference: Reference) -> None:
        self._stages, self._segment = stages, reference
        self._own, self._sources, self._places = stages.wires(value)
        self._cells = {at: cell for cell, at in self._sources.first.items()}

    def _name(self, cell: str) -> str:
        """The word that stands for a wire in an expression."""
        assert self._stages.driver is not None
        return f"in_{self._stages.driver.lanes()[0][cell]}"

    def of_wires(self) -> dict[str, _Expression] | None:
        """By wire an expression; None if the value is too large, or of another kind."""
        form = self._segment.structure.form
        results: dict[str, _Expression] = {}
        if form is Form.SUM:
            results = dict(self._sums())
        elif form in SINGLE:
            results = dict(self._functions())
        return results if results.keys() == self._own else None

    def _wires(self) -> Iterator[tuple[str, int, int]]:
        """The value's own wires, the number of an element that each holds, and its scale."""
        elements_of = {
            place.cell: (at, place.shift) for at, place in enumerate(self._places) if place is not None
        }
        yield from ((cell, *elements_of[cell]) for cell in sorted(self._own))

    def _evaluated(self, moved: Sequence[tuple[str, IntArray]], count: int) -> IntArray:
        """Codes of the value (count, elements) for steps of wires from their least numbers."""
        segment, codes = self._segment, np.repeat(self._segment.lo[np.newaxis], count, axis=0)
        for cell, steps in moved:
            low, high = self._stages.interval(cell)
            numbers = np.minimum(low + steps, high)
            codes[:, self._sources.first[cell]] = _scaled(numbers, self._sources.shifts[cell])
        codes, parts, first = segment.possible(codes), dict[str, IntArray](), 0
        for name in segment.sources:
            info = segment.graph.info(name)
            parts[name] = codes[:, first : first + info.size].reshape(count, *info.shape)
            first += info.size
        return segment.evaluate(parts).reshape(count, -1)

    def _multiple(self, cell: str, number: int, bits: int) -> str:
        return self._name(cell) if number == 1 else f"{_number(number, bits)} * {self._name(cell)}"

    def _chosen(self, cell: str, pieces: Sequence[tuple[int, int, int]], bits: int) -> str:
        """One piece or another, by where the element is."""
        texts = [
            _number(base, bits) + (f" + {self._multiple(cell, slope, bits)}" if slope else "")
            for _, base, slope in pieces
        ]
        text = texts[-1]
        for (start, _, _), before in zip(reversed(pieces[1:]), reversed(texts[:-1]), strict=True):
            text = f"({self._name(cell)} < {_number(start, bits)}) ? {before} : ({text})"
        return text

    def _sums(self) -> Iterator[tuple[str, _Expression]]:
        cells = sorted(self._sources.first)
        units = np.eye(len(cells), dtype=np.int64)
        moved = [(cell, np.concatenate([[0], units[at]])) for at, cell in enumerate(cells)]
        results = self._evaluated(moved, len(cells) + 1)
        for wire, at, shift in self._wires():
            numbers = _scaled(results[:, at], -shift)
            multiples = {cell: int(n - numbers[0]) for cell, n in zip(cells, numbers[1:], strict=True)}
            read = {cell: n for cell, n in multiples.items() if n}
            ends = [self._stages.interval(cell) for cell in read]
            if sum((high - low).bit_length() for low, high in ends) > _BITS:
                return
            base = int(numbers[0]) - sum(n * low for n, (low, _) in zip(read.values(), ends, strict=True))
            sizes = [abs(n) * _size(end) for n, end in zip(read.values(), ends, strict=True)]
            bits = (abs(base) + sum(sizes)).bit_length() + 2
            parts = [_number(base, bits), *(self._multiple(cell, n, bits) for cell, n in read.items())]
            yield wire, _Expression(" + ".join(parts), bits)

    def _functions(self) -> Iterator[tuple[str, _Expression]]:
        cells = sorted(self._sources.first)
        spans = [high - low for low, high in map(self._stages.interval, cells)]
        count = max(spans, default=0) + 1
        if count > _CODES:
            return
        results = self._evaluated([(cell, np.arange(count)) for cell in cells], count)
        elements = self._segment.structure.places[0].reshape(-1)
        for wire, at, shift in self._wires():
            place = int(elements[at])
            if place == NONE:
                number = int(_scaled(results[0, at], -shift))
                bits = number.bit_length() + 2
                yield wire, _Expression(_number(number, bits), bits)
                continue
            cell = self._cells[place]
            low, high = self._stages.interval(cell)
            pieces = _pieces(_scaled(results[: high - low + 1, at], -shift), low)
            if len(pieces) > _PIECES:
                return
            size = _size((low, high))
            bits = max(abs(base) + abs(slope) * size for _, base, slope in pieces).bit_length() + 2
            yield wire, _Expression(self._chosen(cell, pieces, max(bits, size.bit_length() + 2)), bits)


def _pieces(values: IntArray, low: int) -> list[tuple[int, int, int]]:
    """The values of an element from `low` on as pieces: first element, value at zero, value per step."""
    slopes = np.diff(values)
    starts = [0]
    for at in range(1, len(values)):
        start = starts[-1]
        if at > start + 1 and slopes[at - 1] != slopes[start]:
            starts.append(at)
    result: list[tuple[int, int, int]] = []
    for start, end in zip(starts, [*starts[1:], len(values)], strict=True):
        slope = int(slopes[start]) if end > start + 1 else 0
        result.append((low + start, int(values[start]) - slope * (low + start), slope))
    return result


def _checked(stages: DesignStages, claims: Mapping[str, Mapping[str, _Expression]]) -> str:
    """A module with the core and, for each value, a bit that says that all of its wires are right."""
    driver = stages.driver
    assert driver is not None
    lanes, gots = driver.lanes()
    inputs, lines = list[str](), list[str]()
    for cell, lane in lanes.items():
        low, high = stages.interval(cell)
        bits = max(low.bit_length(), high.bit_length(), (low + 1).bit_length()) + 1
        inputs.append(f"input signed [{bits - 1}:0] in_{lane}")
        low_bit = lane * _LANE
        lines += [
            f"  wire signed [{_LANE - 1}:0] x_{lane} = in_{lane};",
            f"  wire inside_{lane} = in_{lane} >= {_number(low, bits)}",
            f"    && in_{lane} <= {_number(high, bits)};",
            f"  assign put[{low_bit + _LANE - 1}:{low_bit}] = x_{lane};",
        ]
    outputs = [f"output good_{at}" for at in range(len(claims))]
    for at, wires in enumerate(claims.values()):
        right, inside = list[str](), dict[str, None]()
        for number, (cell, one) in enumerate(wires.items()):
            inside |= dict.fromkeys(f"inside_{lane}" for lane in _READ.findall(one.text))
            low_bit, wire = gots[cell] * _LANE, f"said_{at}_{number}"
            lines += [f"  wire signed [{one.bits - 1}:0] {wire} = {one.text};"]
            right += [f"({wire} == $signed(got[{low_bit + _LANE - 1}:{low_bit}]))"]
        lines += [f"  assign good_{at} = !({' & '.join(inside) or 1}) | ({' & '.join(right)});"]
    puts, gets = driver.widths()
    ports = ",\n  ".join([*inputs, *outputs])
    return (
        f"module {_TOP} (\n  {ports}\n);\n  wire [{puts - 1}:0] put;\n  wire [{gets - 1}:0] got;\n"
        f"  edgeml_drive drive (.clk(1'b0), .put(put), .got(got));\n" + "\n".join(lines) + "\nendmodule\n"
    )


def _number(number: int, bits: int) -> str:
    return f"({'-' if number < 0 else ''}{bits}'sd{abs(number)})"


def _size(ends: tuple[int, int]) -> int:
    return max(abs(ends[0]), abs(ends[1]))


def _scaled(numbers: IntArray, bits: int) -> IntArray:
    return numbers << bits if bits >= 0 else numbers >> -bits
