"""Drives the wires of a design's core that hold elements, and reads what the text makes of them.

In a copy of the modules every such wire is cut: what drove it goes to a port, and what it gives on comes from
another one. So each layer, and each part of a layer, is driven alone, by Verilator, a vector every clock.

Invariant: but for the wires that are cut, the text is the artefact's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeml.backends.verilog.harness import COMMON
from edgeml.backends.verilog.proof.machine import CutWire
from edgeml.backends.verilog.proof.syntax import Module, Net
from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray
from edgeml.scratch import scratch_folder
from edgeml.tools import run, verilator

_LANE = 64
_TOP = "edgeml_drive"
_SECONDS = 3600.0


class CoreDriver:
    """A program that drives the cuts of a design.

    Args:
        modules: of the design, by name.
        core: the module that has the layers, or is one.
        path: of its instance, with a dot behind it.
        cuts: the wires that are cut, by their path.
        inputs: of the core: for each, the width and the cell of every element, or its code if it is
            constant, from the lowest bit on.
    """

    def __init__(
        self,
        modules: Mapping[str, Module],
        core: Module,
        path: str,
        cuts: Mapping[str, CutWire],
        inputs: Mapping[str, Sequence[tuple[int, str | int]]],
    ) -> None:
        self._modules, self._core, self._inputs = modules, core, inputs
        self._texts = {name: _Edited(module) for name, module in modules.items()}
        self._instances = Counter(inner.module for module in modules.values() for inner in module.instances)
        self._lanes: dict[str, int] = {}
        self._cut(core, path, cuts)
        self._cells = dict(self._lanes)
        for cell in dict.fromkeys(cell for cells in inputs.values() for _, cell in cells):
            if isinstance(cell, str):
                self._cells.setdefault(cell, len(self._cells))
        self._program: Path | None = None

    # ---------------------------------------------------------------- the text

    def _cut(self, module: Module, path: str, cuts: Mapping[str, CutWire]) -> tuple[int, int]:
        """Cut the wires of a module and of those in it: the first of its lanes, and how many."""
        first, text = len(self._lanes), self._texts[module.name]
        starts = Counter(net.statement.start for net in module.nets.values())
        drivers = Counter(driver.target.mark for driver in module.drivers)
        for name, net in module.nets.items():
            one = cuts.get(path + name)
            if one is not None:
                alone = starts[net.statement.start] == drivers[name] == 1
                if not (alone and _has_driver(module, net)) or one.width > _LANE:
                    raise EdgemlError(f"{name} cannot be driven alone", f"{module.file}, line {net.line}")
                text.cut(net, one.width, len(self._lanes) - first, isinstance(one.number, int))
                self._lanes[path + name] = len(self._lanes)
        for instance in module.instances:
            inner = self._modules[instance.module]
            if not any(key.startswith(f"{path}{instance.name}.") for key in cuts):
                continue
            if self._instances[instance.module] > 1:
                raise EdgemlError(f"{instance.module} is there twice", f"{module.file}, line {instance.line}")
            low, count = self._cut(inner, f"{path}{instance.name}.", cuts)
            if count:
                bits = f"[{(low - first + count) * _LANE - 1}:{(low - first) * _LANE}]"
                text.insert(
                    instance.inside, f".edgeml_put(edgeml_put{bits}), .edgeml_got(edgeml_got{bits}), "
                )
        count = len(self._lanes) - first
        if count:
            bits = f"[{count * _LANE - 1}:0]"
            text.insert(module.inside, f"input wire {bits} edgeml_put, output wire {bits} edgeml_got, ")
        return first, count

    def _top(self) -> str:
        """A module around the core with all lanes as one port."""
        puts, gots = self.widths()
        pins = [".clk(clk)", ".ce(1'b1)"]
        pins = [pin for pin in pins if pin[1:].split("(")[0] in self._core.nets]
        for port, cells in self._inputs.items():
            parts = [self._input_bits(width, cell) for width, cell in reversed(cells)]
            pins.append(f".{port}({{{', '.join(parts)}}})")
        if self._lanes:
            bits = f"[{len(self._lanes) * _LANE - 1}:0]"
            pins += [f".edgeml_put(put{bits})", f".edgeml_got(got{bits})"]
        return (
            f"module {_TOP} (input wire clk, input wire [{puts - 1}:0] put, "
            f"output wire [{gots - 1}:0] got);\n"
            f"  {self._core.name} u_core ({', '.join(pins)});\nendmodule\n"
        )

    def _input_bits(self, width: int, cell: str | int) -> str:
        """The bits of an input that an element is."""
        if isinstance(cell, int):
            return f"{width}'d{cell & ((1 << width) - 1)}"
        low = self._cells[cell] * _LANE
        return f"put[{low + width - 1}:{low}]"

    def sources(self) -> dict[str, str]:
        """The text by module: the design's with its wires cut, and the module around its core."""
        return {name: text.result() for name, text in self._texts.items()} | {_TOP: self._top()}

    def lanes(self) -> tuple[Mapping[str, int], Mapping[str, int]]:
        """The lanes of 64 bits by cell, of the numbers that go in and of those that come out."""
        return self._cells, self._lanes

    def widths(self) -> tuple[int, int]:
        """The bits of all lanes that go in, and of those that come out."""
        return max(3, len(self._cells)) * _LANE, max(3, len(self._lanes)) * _LANE

    # ---------------------------------------------------------------- runs

    def program(self) -> Path:
        """The compiled program.

        Raises:
            MissingToolError: Verilator or a compiler is missing.
            EdgemlError: it is not compiled.
        """
        if self._program is None:
            with scratch_folder() as name:
                scratch = Path(name)
                sources: list[Path] = []
                for module, text in self.sources().items():
                    path = scratch / f"{module}.v"
                    path.write_text(text)
                    sources.append(path)
                self._program = verilator.simulation(sources, _TOP, COMMON + _MAIN, optimized=False)
        return self._program

    def run(
        self,
        puts: Mapping[str, tuple[IntArray, int]],
        gets: Sequence[tuple[str, int]],
    ) -> IntArray:
        """The numbers on wires for numbers that others are.

        Args:
            puts: numbers (vectors,) by cell, and how old they are there.
            gets: wires and how old their numbers are.

        Returns:
            Numbers (vectors, wires).
        """
        count = max((len(numbers) for numbers, _ in puts.values()), default=1)
        ages = [age for _, age in puts.values()] + [age for _, age in gets]
        first, last = min(ages), max(ages)
        rows = count + last - first
        table = np.zeros((rows, len(puts)), np.int64)
        for column, (numbers, age) in enumerate(puts.values()):
            start = age - first
            table[start : start + len(numbers), column] = numbers
        got = self._rows(table, [self._cells[cell] for cell in puts], [self._lanes[cell] for cell, _ in gets])
        return np.stack(
            [got[age - first : age - first + count, at] for at, (_, age) in enumerate(gets)], axis=1
        )

    def _rows(self, table: IntArray, puts: Iterable[int], gots: Sequence[int]) -> IntArray:
        """Clock by clock: lanes that are put, and lanes that are got."""
        program = self.program()
        with scratch_folder() as name:
            scratch = Path(name)
            head = np.array([*puts, *gots], np.int64)
            (scratch / "in").write_bytes(head.tobytes() + np.ascontiguousarray(table).tobytes())
            numbers = (table.shape[1], len(gots), len(table))
            command = [program, "in", "out", *map(str, numbers)]
            run(command, scratch, scratch / "log", _SECONDS, writes=[scratch / "out"])
            result: NDArray[np.int64] = np.fromfile(scratch / "out", np.int64)
        return result.reshape(len(table), len(gots))


def _has_driver(module: Module, net: Net) -> bool:
    """True for a wire that is declared with what drives it."""
    declared = module.text[net.named.end : net.statement.end]
    plain = not net.register and not net.direction
    return plain and declared.lstrip().startswith("=") and declared.endswith(";")


class _Edited:
    """The text of a module with pieces that are inserted.

    Args:
        module: the module.
    """

    def __init__(self, module: Module) -> None:
        self._module = module
        self._pieces: list[tuple[int, str]] = []

    def insert(self, place: int, piece: str) -> None:
        """Add a piece of text."""
        self._pieces.append((place, piece))

    def cut(self, net: Net, width: int, lane: int, constant: bool) -> None:
        """Lead what drives a wire to a lane and, unless it is constant, a lane to what it drives."""
        low, name = lane * _LANE, net.name if constant else f"{net.name}__is"
        sign = "1'b0" if not net.signed else name if width == 1 else f"{name}[{width - 1}]"
        more = _LANE - width
        whole = f"{{{{{more}{{{sign}}}}}, {name}}}" if more else name
        text = f" assign edgeml_got[{low + _LANE - 1}:{low}] = {whole};"
        if not constant:
            kind = self._module.text[net.statement.start : net.named.start]
            self.insert(net.named.end, "__is")
            text = f" {kind}{net.name} = edgeml_put[{low + width - 1}:{low}];{text}"
        self.insert(net.statement.end, text)

    def result(self) -> str:
        """The text."""
        text, end, parts = self._module.text, 0, list[str]()
        for place, piece in sorted(self._pieces, key=lambda one: one[0]):
            parts += [text[end:place], piece]
            end = place
        return "".join([*parts, text[end:]])


_MAIN = r"""
int main(int argc, char** argv) {
  // in out puts gots rows
  if (argc != 6) fail("arguments");
  Verilated::commandArgs(argc, argv);
  const long puts = std::atol(argv[3]), gots = std::atol(argv[4]), rows = std::atol(argv[5]);
  FILE *in = std::fopen(argv[1], "rb"), *out = std::fopen(argv[2], "wb");
  std::vector<int64_t> head(puts + gots), given(puts), result(gots);
  if (!in || !out || std::fread(head.data(), 8, head.size(), in) != head.size()) fail("no input");
  Vdut dut;
  for (long row = 0; row < rows; ++row) {
    if (std::fread(given.data(), 8, puts, in) != size_t(puts)) fail("cannot read the input");
    for (long i = 0; i < puts; ++i) {
      dut.put[2 * head[i]] = uint32_t(uint64_t(given[i]));
      dut.put[2 * head[i] + 1] = uint32_t(uint64_t(given[i]) >> 32);
    }
    dut.clk = 0;
    dut.eval();
    for (long i = 0; i < gots; ++i) {
      const long lane = 2 * head[puts + i];
      result[i] = int64_t(uint64_t(dut.got[lane]) | uint64_t(dut.got[lane + 1]) << 32);
    }
    if (std::fwrite(result.data(), 8, gots, out) != size_t(gots)) fail("cannot write the output");
    dut.clk = 1;
    dut.eval();
  }
  if (std::fclose(out)) fail("cannot write the output");
  return 0;
}
"""
