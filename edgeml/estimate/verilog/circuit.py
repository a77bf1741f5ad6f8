"""Tables and flip-flops of a pipeline, counted on the cells that the Verilog is written from.

`edgeml.backends.verilog` elaborates a graph into integer cells and schedules them; one cell becomes one line
of Verilog. This module counts what those lines become on a chip. A part of an expression that costs nothing
(wires, shifts, slices) counts nothing; a register counts once per bit and clock.

Invariant: it reads the circuit and changes nothing; the counts are for the cells exactly as they are emitted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from edgeml.backends.verilog.cells import Cell
from edgeml.backends.verilog.design import Design, DesignLayer
from edgeml.backends.verilog.schedule import Schedule
from edgeml.estimate.count import Count, tables
from edgeml.families import Fabric
from edgeml.fixed import Round

# ---------------------------------------------------------------- logic


def rom_tables(index: int, entries: Iterable[int], width: int, lut_inputs: int) -> int:
    """Tables for a function of `index` bits given by all its values.

    Outputs that are constant or equal to another cost nothing, and a cofactor that occurs twice is stored
    once; what remains are multiplexers of two data inputs each (a table of six inputs holds a four-way one).

    >>> rom_tables(4, range(16), 4, 4)
    4
    >>> rom_tables(5, [0] * 32, 3, 4)
    0
    """
    values = list(entries)
    values += [values[-1]] * ((1 << index) - len(values))
    functions: set[tuple[int, ...]] = set()
    return sum(
        _column_tables(tuple((value >> bit) & 1 for value in values), lut_inputs, functions)
        for bit in range(width)
    )


def _column_tables(column: tuple[int, ...], lut_inputs: int, functions: set[tuple[int, ...]]) -> int:
    """Tables for one output bit, shared with those already in `functions`."""
    if len(set(column)) == 1 or column in functions:
        return 0
    functions.add(column)
    if len(column) <= 1 << lut_inputs:
        return 1
    ways = 4 if lut_inputs >= 6 and len(column) >= 4 << lut_inputs else 2
    part = len(column) // ways
    parts = [column[start : start + part] for start in range(0, len(column), part)]
    if len(set(parts)) == 1:
        return _column_tables(parts[0], lut_inputs, functions)
    return 1 + sum(_column_tables(piece, lut_inputs, functions) for piece in parts)


def product(a: int, b: int, fabric: Fabric, used_bits: int | None = None) -> Count:
    """A multiplier of two variables of `a` and `b` bits; of the product `used_bits` bits are used, None: all.

    In a block if the product is wide enough; otherwise partial products, summed by adders of `a` bits.
    """
    if min(a, b) == 1:
        return Count(logic=max(a, b))
    wide, narrow = max(fabric.dsp_bits), min(fabric.dsp_bits)
    used = a + b if used_bits is None else min(a + b, used_bits)
    if fabric.dsp_least and used >= fabric.dsp_least and min(a, b) >= 2:
        if max(a, b) <= fabric.dsp_half:
            return Count(dsp=0.5)
        return Count(dsp=math.ceil(max(a, b) / wide) * math.ceil(min(a, b) / narrow))
    long, short = max(a, b), min(a, b)
    if not fabric.merges_adders:
        chain = long * short / 2 + long  # two partial products fit into one table and its carry
        return Count(chain=chain, chains=short / 2)
    return Count(logic=long * short, saved=long * (short - 2), chain=long + short, chains=1)


# ---------------------------------------------------------------- cells


def _adder(bits: int, fabric: Fabric, inverted: int = 0) -> Count:
    if bits <= fabric.short_adder:
        return Count(logic=1.5 * bits if bits > 1 else 1.0)
    step = fabric.adder_step if fabric.lut_inputs == 4 else 1
    return Count(chain=math.ceil(bits / step) * step, chains=1, inverted=inverted)


def _compare(cell: Cell, bound: int, above: bool, fabric: Fabric) -> Count:
    """x > bound or x < bound, as the text has it: by the bits above a power of two, or with a carry chain."""
    x = cell.args[0]
    if above:
        bits = bound.bit_length()
        if bound >= 0 and bound + 1 == 1 << bits:
            return Count(logic=tables(x.width - bits, fabric.lut_inputs))
    else:
        if bound == 0:
            return Count()
        bits = (-bound).bit_length() - 1
        if bound < 0 and -bound == 1 << bits and x.signed:
            return Count(logic=tables(x.width - bits, fabric.lut_inputs))
    return Count(chain=x.width, chains=1) if x.width > fabric.short_adder else Count(logic=1)


def cell_count(cell: Cell, fabric: Fabric) -> Count:
    """The resources of one cell, without its registers."""
    k, width = fabric.lut_inputs, cell.width
    match cell.kind:
        case "add" if cell.joins:
            return Count()
        case "add":
            return _adder(max(1, width - max(cell.data[:2])), fabric)
        case "sub":
            # Below the lowest bit of the subtrahend the difference is the minuend.
            return _adder(max(1, width - cell.data[1]), fabric, width - cell.data[1])
        case "neg":
            return _adder(width, fabric, width)
        case "round":
            drop, mode = cell.data
            ties = tables(drop + (mode is Round.RND_CONV), k) if mode is not Round.RND else 0
            return _adder(width, fabric) + Count(logic=ties)
        case "clip":
            least, most = cell.data
            x = cell.args[0]
            low = _compare(cell, least, False, fabric) if x.lo < least else Count()
            high = _compare(cell, most, True, fabric) if x.hi > most else Count()
            return low + high + Count(logic=width)
        case "zero_outside":
            least, most = cell.data
            x = cell.args[0]
            low = _compare(cell, least, False, fabric) if x.lo < least else Count()
            high = _compare(cell, most, True, fabric) if x.hi > most else Count()
            return low + high + Count(logic=width)
        case "max" | "min":
            widest = max(arg.width + shift for arg, shift in zip(cell.args, cell.data, strict=False))
            return _adder(widest, fabric, widest) + Count(logic=width)
        case "greater":
            widest = max(arg.width + shift for arg, shift in zip(cell.args, cell.data, strict=False))
            return _adder(widest, fabric, widest)
        case "mux":
            return Count(logic=width)
        case "rom":
            index, least, table = cell.data
            return Count(logic=_rom(cell, index, least, table, k))
        case "mul":
            a, b = (arg.width + (not arg.signed and cell.signed) for arg in cell.args)
            return product(a, b, fabric)
        case _:
            return Count()


def _rom(cell: Cell, index: int, least: int, table: tuple[int, ...], lut_inputs: int) -> int:
    """Entries by the pattern of their index; what the index never reaches is zero, as in the text."""
    values = [0] * (1 << index)
    for position, entry in enumerate(table):
        if cell.lo <= entry <= cell.hi:
            values[(position + least) % (1 << index)] = entry & ((1 << cell.width) - 1)
    return rom_tables(index, values, cell.width, lut_inputs)


# ---------------------------------------------------------------- layers


def layer_count(design: Design, times: Schedule, index: int, fabric: Fabric) -> Count:
    """One layer's module: cells and the registers between its stages."""
    layer = design.layers[index]
    merged = _merged(layer, times) if fabric.merges_adders else {}
    count = Count()
    for cell in layer.cells:
        if id(cell) in merged:
            bits = merged[id(cell)]
            count = count + Count(saved=bits)
        else:
            count = count + cell_count(cell, fabric)
    return count + _registers(layer, times, index)


def _merged(layer: DesignLayer, times: Schedule) -> dict[int, int]:
    """Adders whose sum goes, in the same clock, into one other adder only and as it is: bits by cell.

    Yosys' alumacc joins such chains into one sum of many terms, made of carry-save adders with one carry
    chain at the end. A shifted or re-signed term, or a term that is read twice, is not joined. Bits put
    beside each other are wires and no term.
    """
    readers: dict[int, list[tuple[Cell, int]]] = {}
    for cell in layer.cells:
        for position, arg in enumerate(cell.args):
            readers.setdefault(id(arg), []).append((cell, position))
    exported = {id(cell) for cell in layer.exports}
    merged: dict[int, int] = {}
    for cell in layer.cells:
        users = readers.get(id(cell), [])
        if cell.kind not in ("add", "sub", "neg") or id(cell) in exported or len(users) != 1:
            continue
        (user, position), at = users[0], times.stage[id(cell)]
        if (
            user.kind not in ("add", "sub")
            or user.joins
            or times.stage[id(user)] != at
            or user.data[position]
        ):
            continue
        signed = any(arg.signed for arg in user.args)
        widest = max(
            arg.width + shift + (signed and not arg.signed)
            for arg, shift in zip(user.args, user.data[:2], strict=True)
        )
        if (signed and not cell.signed) or widest > user.width:
            continue
        merged[id(cell)] = user.width
    return merged


def _registers(layer: DesignLayer, times: Schedule, index: int) -> Count:
    """Registers in a layer: every value, from the clock in which it is there to the last reading."""
    last: dict[int, int] = {}
    arrives: dict[int, int] = {}
    cells: dict[int, Cell] = {}
    own = {id(cell) for cell in layer.cells}
    for cell in layer.cells:
        arrives[id(cell)], cells[id(cell)] = times.stage[id(cell)], cell
        for arg in cell.args:
            if arg.is_const:
                continue
            if id(arg) not in own:
                arrives[id(arg)], cells[id(arg)] = times.enters[index], arg
            last[id(arg)] = max(last.get(id(arg), 0), times.stage[id(cell)])
    for cell in layer.exports:
        last[id(cell)] = max(last.get(id(cell), 0), times.leaves[index])
    read = _read_at_once(layer, arrives, times)
    ff = bare = 0
    for key, end in last.items():
        cell, clocks = cells[key], max(0, end - arrives[key])
        root = _root(cell)
        # A value of the layer before that waited there comes out of a register.
        waited = key not in own and times.leaves[cell.layer] != times.enters[index]
        alone = 0 if waited or id(root) in read else min(cell.width, _own_tables(root))
        ff += clocks * cell.width
        bare += clocks * cell.width - (alone if clocks else 0)
    return Count(ff=ff, bare=bare)


_WIRES = ("shift", "floor", "wrap")


def _root(cell: Cell) -> Cell:
    """The cell whose tables drive a value: through what is only wires."""
    while cell.kind in _WIRES:
        cell = cell.args[0]
    return cell


def _read_at_once(layer: DesignLayer, arrives: dict[int, int], times: Schedule) -> set[int]:
    """Roots of the values that are also read in the clock in which they are there, by tables."""
    return {
        id(_root(arg))
        for cell in layer.cells
        if cell.kind not in _WIRES
        for arg in cell.args
        if not arg.is_const and times.stage[id(cell)] == arrives[id(arg)]
    }


def _own_tables(cell: Cell) -> int:
    """Bits of a value that come out of tables, not out of wires or a multiplier."""
    match cell.kind:
        case "add":
            return cell.width - max(cell.data[:2])
        case "sub":
            return cell.width - cell.data[1]
        case "input" | "mul":
            return 0
        case _:
            return cell.width


def delay_bits(design: Design, times: Schedule) -> list[tuple[int, int, int]]:
    """Delay lines between layers: (index of the layer in front, bits, clocks)."""
    delays: set[tuple[int, int]] = set()
    for index, layer in enumerate(design.layers):
        if layer.exports and not layer.is_input:
            delays |= {(i, times.enters[index] - times.leaves[i]) for i in layer.sources}
    for nums in design.outputs.values():
        for num in nums.reshape(-1):
            if not num.cell.is_const:
                delays.add((num.cell.layer, times.last - times.leaves[num.cell.layer]))
    longest: dict[int, int] = {}
    for i, cycles in delays:
        longest[i] = max(longest.get(i, 0), cycles)
    return [
        (i, sum(cell.width for cell in design.layers[i].exports), cycles)
        for i, cycles in sorted(longest.items())
        if cycles
    ]
