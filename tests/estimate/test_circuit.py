"""Counts of single cells and parts, against counts by hand."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.backends.verilog.design import elaborate
from edgeml.backends.verilog.schedule import schedule
from edgeml.estimate.count import Count, tables
from edgeml.estimate.verilog import parts
from edgeml.estimate.verilog.circuit import cell_count, layer_count, product, rom_tables
from edgeml.families.ecp5 import FABRIC as ECP5
from edgeml.families.gowin import FABRIC as GOWIN
from edgeml.families.ice40 import FABRIC as ICE40
from edgeml.families.xilinx7 import FABRIC as XC7
from edgeml.families.xilinx7 import VIVADO as AMD
from edgeml.fixed import FixedType, Overflow, Round
from edgeml.ir import Builder, Graph
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.lookup import Lookup
from edgeml.ir.ops.mat_mul import MatMul

pytest.importorskip("da4ml", reason="da4ml is not installed")


def graph_of_sum(a: int, b: int) -> Graph:
    """The sum of two unsigned inputs of a and b bits."""
    build = Builder("sum")
    x = build.input((1,), FixedType(False, a, 0), "x")
    y = build.input((1,), FixedType(False, b, 0), "y")
    return build.graph(build.add(Add(), x, y, name="total"))


def test_an_adder_takes_a_bit_of_carry_chain_per_bit_of_the_sum() -> None:
    design = elaborate(graph_of_sum(8, 6))
    (cell,) = (cell for layer in design.layers for cell in layer.cells if cell.kind == "add")
    assert cell.width == 9
    assert cell_count(cell, XC7) == Count(chain=9, chains=1)
    assert cell_count(cell, ECP5) == Count(chain=10, chains=1)  # CCU2C: two bits at a time


def test_a_short_adder_is_logic() -> None:
    design = elaborate(graph_of_sum(2, 2))
    (cell,) = (cell for layer in design.layers for cell in layer.cells if cell.kind == "add")
    assert cell_count(cell, ECP5).chain == 0
    assert cell_count(cell, ECP5).logic == 4.5


def test_registers_are_counted_from_the_clock_a_value_is_there_to_the_last_it_is_read() -> None:
    build = Builder("chain")
    x = build.input((4,), FixedType(False, 4, 0), "x")
    y = build.input((4,), FixedType(False, 4, 0), "y")
    graph = build.graph(build.add(Add(), build.add(Add(), x, y, name="a"), x, name="b"))
    design = elaborate(graph)
    times = schedule(design, 1.0)  # an adder per stage
    index = next(i for i, layer in enumerate(design.layers) if layer.name == "b")
    # Per element: the sum of 5 bits and x of 4 wait for a clock; b itself leaves without a register.
    assert layer_count(design, times, index, XC7).ff == 4 * (5 + 4)
    one = next(i for i, layer in enumerate(design.layers) if layer.name == "a")
    assert layer_count(design, times, one, XC7).chain == 4 * 5


def test_tables_side_by_side_are_one_per_neuron_and_their_indices_nothing() -> None:
    """Two neurons of six bits each; the first one's number is zero, as are the high bits of its index."""
    build = Builder("tables")
    x = build.input((6,), FixedType(False, 1, 0), "x")
    places = np.stack([1 << np.arange(6), 32 >> np.arange(6)], axis=1)
    index = build.add(MatMul(), x, build.const(places, FixedType(False, 6, 0), "places"))
    index = build.add(Add(), index, build.const(np.array([0, 64]), FixedType(False, 7, 0), "numbers"))
    index = build.add(Cast(FixedType(False, 7, 0), Round.TRN, Overflow.WRAP), index)
    entries = np.random.default_rng(0).integers(0, 2, 128)
    table = build.const(entries, FixedType(False, 1, 0), "entries")
    design = elaborate(build.graph(build.add(Lookup(), index, table, name="y")))
    times = schedule(design, 10.0)
    made = sum((layer_count(design, times, i, XC7) for i in range(1, len(design.layers))), Count())
    assert made == Count(logic=2)


@pytest.mark.parametrize(
    ("inputs", "k", "expected"), [(1, 4, 0), (4, 4, 1), (7, 4, 2), (8, 4, 3), (11, 6, 2)]
)
def test_a_tree_of_tables(inputs: int, k: int, expected: int) -> None:
    assert tables(inputs, k) == expected


def test_a_table_is_as_large_as_what_it_holds() -> None:
    identity = range(64)
    assert rom_tables(6, [0] * 64, 8, 6) == 0
    assert rom_tables(6, identity, 6, 6) == 6
    assert rom_tables(6, [value >> 2 for value in identity], 4, 4) < rom_tables(
        6, [v * v for v in identity], 12, 4
    )


def test_products_go_into_blocks_by_their_width() -> None:
    assert product(9, 8, ECP5) == Count(dsp=1)
    assert product(20, 10, ECP5) == Count(dsp=2)  # 18 x 18 bits in a block
    assert product(24, 18, XC7) == Count(dsp=1)  # 25 x 18
    assert product(4, 4, XC7).dsp == 0
    assert product(4, 4, ICE40).dsp == 0 and product(6, 6, ICE40).dsp == 1
    assert product(9, 5, GOWIN) == Count(dsp=0.5) and product(10, 9, GOWIN) == Count(dsp=1)
    assert product(1, 7, AMD) == Count(logic=7)


def test_buffers_by_hand() -> None:
    assert parts.skid(8) == Count(logic=12, ff=18, bare=16)  # both registers stand behind one multiplexer
    assert parts.pipe_control(5).ff == 5
    assert parts.delay(10, 2, XC7) == Count(ff=20, bare=20)
    assert parts.delay(10, 5, XC7) == Count(logic=10, ff=10, bare=10)  # SRL16 and the register behind it
    assert parts.delay(10, 5, ECP5) == Count(ff=50, bare=50)
    assert parts.serialize(4, 3).ff == 4 * 3 + 1 + 2


def test_memories_go_into_block_ram_when_they_are_large() -> None:
    assert parts.memory(1024, 18, ECP5) == Count(bram=1)
    assert parts.memory(16, 8, ECP5).bram == 0 and parts.memory(16, 8, ECP5).logic > 0
    assert parts.memory(6, 18, ICE40).ff == 6 * 18 + 18  # iCE40 has no memory in tables
    assert parts.memory(8, 16, ICE40) == Count(bram=1)
    assert XC7.brams(512, 72) == 1 and XC7.brams(513, 72) == 2 and XC7.brams(16384, 1) == 0.5


def test_a_rom_holds_every_different_column_once() -> None:
    words = np.array([[1, 1, 3], [2, 2, 3]])
    # Columns of two bits per value: (1, 0), (0, 1), twice; the ones of the third never change.
    assert parts.rom(words, 2, ECP5) == Count(logic=2, ff=2)
    tie = np.random.default_rng(0).integers(0, 2, (64, 33))
    assert (parts.rom(tie[:, :32], 1, ECP5).bram, parts.rom(tie, 1, ECP5).bram) == (0, 1)


def test_a_fold_multiplies_in_blocks_and_sums_in_tables() -> None:
    weights = np.arange(1, 17).reshape(8, 1, 2)
    made = parts.fold(weights, 6, 8, False, 20, ECP5)
    assert made.dsp == 2 and made.saved == 0
    assert made.chain == 2 * 20
    two = parts.fold(weights.reshape(4, 2, 2), 6, 8, False, 20, ECP5)
    assert two.dsp == 4 and two.chain == 2 * 20 + 2 * 20 and two.wide == 0
    four = parts.fold(weights.reshape(2, 4, 2), 6, 8, False, 20, ECP5)
    assert four.saved == 0 and four.wide == 2 * 2 * 20 and four.chain == 2 * 20 + 2 * 20
    # With a single beat there is nothing to add up, and no choice of where to begin.
    once = parts.fold(weights.reshape(1, 8, 2), 6, 8, False, 20, ECP5)
    assert once.wide == 6 * 2 * 20 and once.chain == 2 * 20 and once.logic < four.logic
    # AMD's blocks add to each other, iCE40's add one pair.
    assert parts.fold(weights.reshape(2, 4, 2), 6, 8, False, 20, XC7).chain == 2 * 20
    assert parts.fold(weights.reshape(4, 2, 2), 6, 8, False, 20, ICE40).chain == 2 * 20


def test_two_outputs_share_a_multiplier_and_a_sum() -> None:
    weights = np.arange(1, 41).reshape(8, 1, 5) % 7
    for chip, more in ((XC7, 0), (ECP5, 2 * (20 - 2 * 8))):  # a product of 20 bits in place of two of 8
        alone, paired = (parts.fold(weights, 4, 4, False, 12, chip, pairs) for pairs in (False, True))
        assert (alone.dsp, paired.dsp) == (5, 3)
        assert (alone.chain, alone.logic) == (paired.chain, paired.logic)
        assert paired.ff - alone.ff == more
    lanes = weights.reshape(4, 2, 5)
    assert parts.fold(lanes, 4, 4, False, 12, XC7, paired=True).dsp == 2 * 3
    wide = parts.fold(weights, 6, 6, False, 16, ECP5, paired=True)
    assert wide.dsp == 2 * 2 + 1, "a factor of 22 bits takes two multipliers of 18"


def test_a_product_whose_top_is_cut_off_is_as_narrow_as_what_is_kept() -> None:
    assert product(7, 4, ICE40).dsp == 1  # 11 bits, the narrowest that Yosys puts into a block
    assert product(7, 4, ICE40, used_bits=10).dsp == 0
    weights = np.array([[[3, -4]], [[4, 1]]])
    assert parts.fold(weights, 4, 6, False, 11, ICE40).dsp == 2
    assert parts.fold(weights, 4, 6, False, 10, ICE40).dsp == 0
