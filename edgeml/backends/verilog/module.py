"""One module per layer, and the core that connects them.

Buses carry elements side by side, element 0 in the lowest bits: those of a layer each as wide as its interval
needs, those of the core's inputs and outputs all as wide as the value's type (`BusPort`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, TypeAlias

from edgeml.backends.verilog.cells import Cell
from edgeml.backends.verilog.design import Design, DesignLayer
from edgeml.backends.verilog.names import Names
from edgeml.backends.verilog.ports import WAIVERS, BusPort, Core, port
from edgeml.backends.verilog.schedule import Schedule
from edgeml.backends.verilog.text import Ref, declaration, expression, fit, pattern, type_comment
from edgeml.ir import Graph


def write_core(
    design: Design, times: Schedule, name: str, names: Names, core: str = "", width: int = 0
) -> Core:
    """The modules of all layers and of the core called `name`.

    Args:
        design: the layers.
        times: their schedule.
        name: what the core's module is called; layers have it in front of their own names.
        names: identifiers of modules, so that several cores do not collide.
        core: wanted name of the core's module, by default `name`_core.
        width: bits of an element of the outputs, by default those of the value's type.
    """
    graph = design.graph
    buses = Names("clk", "ce")
    for layer in design.layers:
        layer.module = buses.unique(layer.module)
    inputs = tuple(
        port(graph, value, layer.module) for value, layer in zip(graph.inputs, design.layers, strict=False)
    )
    outputs = tuple(port(graph, value, buses.unique(f"out_{value}")) for value in graph.outputs)
    if width:
        outputs = tuple(replace(out, width=width) for out in outputs)
    files: dict[str, str] = {}
    instances: list[str] = []
    layout = {id(cell): place for layer in design.layers for cell, place in _places(layer, inputs)}
    for index, layer in enumerate(design.layers):
        if layer.is_input or not layer.exports:
            continue
        module = names.unique(f"{name}_{layer.module}")
        files[f"{module}.v"] = _layer_text(design, times, index, module, layout)
        instances += _instance(design, times, index, module)
    top = names.unique(core or f"{name}_core")
    files[f"{top}.v"] = _core_text(design, times, top, inputs, outputs, instances, layout)
    return Core(top, inputs, outputs, times.last, files)


# ---------------------------------------------------------------- buses


def _places(layer: DesignLayer, inputs: tuple[BusPort, ...]) -> Iterator[tuple[Cell, tuple[int, int]]]:
    """Lowest bit and width of every exported cell in its layer's bus."""
    if layer.is_input:
        width = next(p.width for p in inputs if p.identifier == layer.module)
        for cell in layer.cells:
            yield cell, (cell.data[0] * width, cell.width)
        return
    start = 0
    for cell in layer.exports:
        yield cell, (start, cell.width)
        start += cell.width


def _bus_bits(design: Design, index: int) -> int:
    layer = design.layers[index]
    if layer.is_input:
        return port(design.graph, layer.nodes[0].name, "").bits
    return sum(cell.width for cell in layer.exports)


def _range(bits: int) -> str:
    return f"[{bits - 1}:0]"


def _part(bus: str, start: int, width: int) -> str:
    return f"{bus}[{start + width - 1}:{start}]"


def _delayed(design: Design, index: int, cycles: int) -> str:
    bus = design.layers[index].module
    return f"{bus}_d{cycles}" if cycles else bus


# ---------------------------------------------------------------- a layer


def _layer_text(
    design: Design, times: Schedule, index: int, module: str, layout: dict[int, tuple[int, int]]
) -> str:
    layer, foreign = design.layers[index], _foreign(design.layers[index])
    inside = _Inside(times.enters[index], times, *_named(design, index))
    for cell in foreign:
        inside.foreign(cell)
    leaves = times.leaves[index]
    tables = _tables(layer)
    lines_of = {id(cell): _cell_line(cell, inside, tables) for cell in layer.cells}
    exits = [
        f"  assign {_part(layer.module, *layout[id(cell)])} = {inside.ref(cell, leaves).name};"
        for cell in layer.exports
    ]
    registers = list(inside.registers())
    ports = [*(["clk", "ce"] if registers else [])]
    ports = [f"input wire {name}" for name in ports]
    ports += [f"input wire {_range(_bus_bits(design, i))} {design.layers[i].module}" for i in layer.sources]
    ports.append(f"output wire {_range(_bus_bits(design, index))} {layer.module}")
    latency = leaves - times.enters[index]
    lines = [
        f"// Layer {layer.name} of {design.graph.name}.",
        f"// {len(layer.cells)} operations, latency {latency} clock{'' if latency == 1 else 's'}.",
        "// Comments: type of the value, interval of the code.",
        WAIVERS + f"module {module} (",
        ",\n".join(f"  {text}" for text in ports),
        ");",
    ]
    for source in layer.sources:
        lines.append(f"  // {design.layers[source].name}")
        for cell in (cell for cell in foreign if cell.layer == source):
            part = _part(design.layers[source].module, *layout[id(cell)])
            lines.append(f"  {declaration(cell)} {inside.first(cell)} = {part};  // {type_comment(cell)}")
            lines += inside.declarations(cell)
    lines += _functions(tables)
    for node in layer.nodes:
        lines.append(f"  // {node.name}: {_op_text(design.graph, node.name)}")
        for cell in (cell for cell in layer.cells if cell.node == node.name):
            lines += [lines_of[id(cell)], *inside.declarations(cell)]
    if registers:
        lines += ["", "  // Registers between the stages: _p1 is one clock later."]
        lines += ["  always @(posedge clk) if (ce) begin"]
        lines += [f"    {to} <= {source};" for source, to in registers]
        lines += ["  end"]
    lines += ["", *exits, "endmodule", ""]
    return "\n".join(lines)


def _named(design: Design, index: int) -> tuple[dict[int, tuple[Cell, str]], Names]:
    """The named cells of a layer's module, those it reads included, and the names in use."""
    layer = design.layers[index]
    local = Names("clk", "ce", layer.module, *(design.layers[i].module for i in layer.sources))
    cells = (*_foreign(layer), *layer.cells)
    return {id(cell): (cell, local.unique(cell.name)) for cell in cells}, local


def wires(design: Design) -> dict[int, str]:
    """The hierarchical name (instance.name) of every live cell below the core, by the cell's id."""
    return {
        key: f"u_{layer.module}.{name}"
        for index, layer in enumerate(design.layers)
        if layer.exports and not layer.is_input
        for key, (cell, name) in _named(design, index)[0].items()
        if cell.layer == index
    }


class _Inside:
    """Names of cells within one module, stage by stage; notes which registers that takes."""

    def __init__(
        self, enters: int, times: Schedule, named: dict[int, tuple[Cell, str]], local: Names
    ) -> None:
        self._enters, self._times, self._local = enters, times, local
        self._names = {key: name for key, (_, name) in named.items()}
        self._cells = [cell for cell, _ in named.values()]
        self._foreign: set[int] = set()
        self._registered: dict[tuple[int, int], str] = {}

    def foreign(self, cell: Cell) -> None:
        """True for a cell of another layer; it is valid in this layer's first stage."""
        self._foreign.add(id(cell))

    def at(self, cell: Cell) -> int:
        """The first stage in which the cell is valid."""
        return self._enters if id(cell) in self._foreign else self._times.stage[id(cell)]

    def ref(self, cell: Cell, stage: int) -> Ref:
        """A reference to the cell for an expression in a stage."""
        if cell.is_const:
            return Ref(cell, "")
        base, late = self._names[id(cell)], stage - self.at(cell)
        for step in range(1, late + 1):
            if (id(cell), step) not in self._registered:
                self._registered[id(cell), step] = self._local.unique(f"{base}_p{step}")
        return Ref(cell, self._registered[id(cell), late] if late else base)

    def first(self, cell: Cell) -> str:
        """The name of the cell in its first stage."""
        return self._names[id(cell)]

    def registers(self) -> Iterator[tuple[str, str]]:
        """Source and name of every register."""
        for cell in self._cells:
            source = self.first(cell)
            for name in self._late(cell):
                yield source, name
                source = name

    def declarations(self, cell: Cell) -> list[str]:
        """Lines that declare the registers of one cell."""
        late = list(self._late(cell))
        return [f"  {declaration(cell, 'reg')} {', '.join(late)};"] if late else []

    def _late(self, cell: Cell) -> Iterator[str]:
        step = 1
        while (id(cell), step) in self._registered:
            yield self._registered[id(cell), step]
            step += 1


def _foreign(layer: DesignLayer) -> list[Cell]:
    """The cells that this layer reads from other layers, in the order of their buses."""
    own = {id(cell) for cell in layer.cells}
    cells = {
        id(arg): arg for cell in layer.cells for arg in cell.args if not arg.is_const and id(arg) not in own
    }
    return sorted(cells.values(), key=lambda cell: (cell.layer, _number(cell.name)))


def _number(name: str) -> tuple[int, str]:
    number = name.rpartition("_")[2]
    return (int(number), name) if number.isdigit() else (0, name)


def _cell_line(cell: Cell, inside: _Inside, tables: _Tables) -> str:
    refs = [inside.ref(arg, inside.at(cell)) for arg in cell.args]
    if cell.kind == "rom":
        text = f"{tables[_table(cell)][0]}({fit(refs[0], 0, cell.data[0])})"
    else:
        text = expression(cell, refs)
    comment = type_comment(cell) if cell.is_result else f"{cell.lo}..{cell.hi}"
    return f"  {declaration(cell)} {inside.first(cell)} = {text};  // {comment}"


def _op_text(graph: Graph, name: str) -> str:
    return f"{graph.node(name).op.op_name()} {graph.info(name)}"


# ---------------------------------------------------------------- tables


_Table: TypeAlias = tuple[Any, ...]
"""Index bits, lowest index, entries and interval of the result of a table."""

_Tables: TypeAlias = dict[_Table, tuple[str, Cell]]
"""By table its function's name and one of its cells."""


def _table(cell: Cell) -> _Table:
    return (*cell.data, cell.lo, cell.hi)


def _tables(layer: DesignLayer) -> _Tables:
    """Every table of a layer once, in the order of its cells."""
    first: dict[_Table, Cell] = {}
    for cell in layer.cells:
        if cell.kind == "rom":
            first.setdefault(_table(cell), cell)
    return {key: (f"table_{number}", cell) for number, (key, cell) in enumerate(first.items(), 1)}


def _functions(tables: _Tables) -> Iterator[str]:
    for name, cell in tables.values():
        width, least, table = cell.data
        yield f"  function [{cell.width - 1}:0] {name};"
        yield f"    input [{width - 1}:0] code;"
        yield "    case (code)"
        for position, entry in enumerate(table):
            if cell.lo <= entry <= cell.hi:  # the other entries are outside the interval of the index
                yield f"      {pattern(position + least, width)}: {name} = {pattern(entry, cell.width)};"
        yield f"      default: {name} = {cell.width}'d0;"
        yield "    endcase"
        yield "  endfunction"


# ---------------------------------------------------------------- the core


def _instance(design: Design, times: Schedule, index: int, module: str) -> list[str]:
    layer = design.layers[index]
    late = [(i, times.enters[index] - times.leaves[i]) for i in layer.sources]
    pins = [f".{design.layers[i].module}({_delayed(design, i, cycles)})" for i, cycles in late]
    pins.append(f".{layer.module}({layer.module})")
    if times.leaves[index] > times.enters[index]:
        pins = [".clk(clk)", ".ce(ce)", *pins]
    return [
        f"  // stages {times.enters[index]} to {times.leaves[index]}",
        f"  {module} u_{layer.module} ({', '.join(pins)});",
    ]


def _core_text(
    design: Design,
    times: Schedule,
    name: str,
    inputs: tuple[BusPort, ...],
    outputs: tuple[BusPort, ...],
    instances: Iterable[str],
    layout: dict[int, tuple[int, int]],
) -> str:
    delays: set[tuple[int, int]] = set()
    for index, layer in enumerate(design.layers):
        if layer.exports and not layer.is_input:
            delays |= {(i, times.enters[index] - times.leaves[i]) for i in layer.sources}
    ends: list[str] = []
    for out, nums in zip(outputs, design.outputs.values(), strict=True):
        for position, num in enumerate(nums.reshape(-1)):
            text, need = _output_element(
                design, times, num.cell, out.frac[position] - num.frac, out.width, layout
            )
            delays |= need
            ends.append(f"  assign {_part(out.identifier, position * out.width, out.width)} = {text};")
    delays = {(i, cycles) for i, cycles in delays if cycles}
    ports = [f"input wire {name}" for name in ("clk", "ce")]
    ports += [f"input wire {_range(p.bits)} {p.identifier}" for p in inputs]
    ports += [f"output wire {_range(p.bits)} {p.identifier}" for p in outputs]
    lines = [
        f"// The layers of {design.graph.name}: outputs follow inputs after {times.last} clocks with ce = 1.",
        WAIVERS + f"module {name} (",
        ",\n".join(f"  {text}" for text in ports),
        ");",
    ]
    lines += [
        f"  wire {_range(_bus_bits(design, i))} {layer.module};  // {len(layer.exports)} elements"
        for i, layer in enumerate(design.layers)
        if layer.exports and not layer.is_input
    ]
    lines += list(instances)
    for i, cycles in sorted(delays):
        bits = _bus_bits(design, i)
        late = _delayed(design, i, cycles)
        lines.append(f"  wire {_range(bits)} {late};")
        lines.append(
            f"  edgeml_delay #(.WIDTH({bits}), .CYCLES({cycles})) u_{late} "
            f"(.clk(clk), .ce(ce), .d({design.layers[i].module}), .q({late}));"
        )
    return "\n".join([*lines, "", *ends, "endmodule", ""])


def _output_element(
    design: Design, times: Schedule, cell: Cell, shift: int, width: int, layout: dict[int, tuple[int, int]]
) -> tuple[str, set[tuple[int, int]]]:
    """One element of an output as exactly `width` bits, and the delay of its bus that this takes."""
    if cell.is_const:
        return fit(Ref(cell, ""), shift if shift >= 0 else 0, width), set()
    cycles = times.last - times.leaves[cell.layer]
    start, bits = layout[id(cell)]
    bus = _delayed(design, cell.layer, cycles)
    parts = [f"{width - shift - bits}'d0"] if width - shift > bits and not cell.signed else []
    if width - shift > bits and cell.signed:
        parts = [f"{{{width - shift - bits}{{{bus}[{start + bits - 1}]}}}}"]
    parts += [_part(bus, start, min(bits, width - shift)), *([f"{shift}'d0"] if shift else [])]
    return (parts[0] if len(parts) == 1 else f"{{{', '.join(parts)}}}"), {(cell.layer, cycles)}
