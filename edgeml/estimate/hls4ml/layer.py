"""Resources and clocks of one hls4ml layer: multipliers, adder trees, tables, memories, and its clocks.

The structure is that of hls4ml 1.3's nnet_utils: which loops are unrolled, which are pipelined and at which
interval. The hardware of an operation (a DSP block, a shift, a tree of adders) follows
rules that are written beside the code; docs/estimates.md has their sources.

Invariant: counts come from the layer's real constants; a zero weight costs nothing in an unrolled layer, a
power of two only its addition.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeml.backends.hls4ml.layer import Hls4mlLayer
from edgeml.backends.hls4ml.reuse import Parallelism
from edgeml.estimate.count import Count, tables_of_mux
from edgeml.families import Fabric
from edgeml.fixed import FixedType

DSP_OPERAND, DSP_PRODUCT = 7, 20
"""A product goes into a DSP block if its narrower operand and its result have at least so many bits.

Published results (docs/estimates.md): 16 x 8 bits take a block, 16 x 6 and 6 x 6 do not.
"""

PIXEL_CLOCKS = 8
"""Clocks that a streamed convolution with the resource strategy spends on a pixel beside its product."""

VITIS_CONVOLUTION, VITIS_POOLING = 3, 2
"""Clocks that Vitis HLS spends on a pixel at least; Vivado HLS takes a new one in every clock."""

_WORDS_PER_TABLE = 64
"""Words of a ROM that a table of six inputs holds, one bit of each."""

_USABLE = {True: 0.73, False: 0.875}
"""Share of the clock period that Vitis HLS fills, and Vivado HLS: what their default uncertainty leaves."""

_SCHEDULED = 1.4
"""An adder with its wires as HLS schedules it, over the family's plain one."""

_BLOCK_LEVELS = 2.4
"""A product in a DSP block takes as long as so many adders."""

_CHAINED_TERMS = 2
"""So short a sum is chained behind its product in one clock, without a register."""

_LONGEST_DELAY = 7
"""Longer delays than so many clocks are shift registers in tables (from one published report)."""

_TABLE_BITS = 4096
"""A table of at least so many bits goes into block RAM."""

_SRL_BITS = 1024
"""FIFOs up to so many bits go into shift registers (Vitis HLS, config_storage -auto_srl_max_bits)."""


@dataclass(frozen=True)
class LayerCost:
    """One layer.

    Args:
        count: logic and memory.
        depth: clocks from a value in to what it makes coming out.
        interval: clocks between two of its steps (a sample, or a pixel of one).
        steps: steps per sample.
        first: steps before the first result.
        gathers: it needs its whole input before it begins.
        reuse: its reuse factor, None without multipliers.
    """

    count: Count
    depth: int
    interval: int = 1
    steps: int = 1
    first: int = 1
    gathers: bool = False
    reuse: int | None = None

    @property
    def busy(self) -> int:
        """Clocks that one sample keeps it busy."""
        return self.interval * self.steps


@dataclass(frozen=True)
class LayerSite:
    """The surroundings of a layer: chip, clock and io type.

    Args:
        chip: its fabric.
        clock_ns: clock period.
        stream: io_stream, else io_parallel.
        input_type: type of the layer's input.
        vitis: made with Vitis HLS, else with Vivado HLS, which builds streams in another way.
    """

    chip: Fabric
    clock_ns: float
    stream: bool
    input_type: FixedType
    vitis: bool = True


def levels_per_clock(site: LayerSite) -> float:
    """Adder levels that HLS chains in one clock."""
    return max(1.0, site.clock_ns * _USABLE[site.vitis] / (_SCHEDULED * site.chip.adder_ns))


def clocks(levels: float, site: LayerSite) -> int:
    """Clocks for a path of so many adder levels."""
    return max(1, math.ceil(levels / levels_per_clock(site)))


def digits(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Nonzero digits of the non-adjacent form of every code.

    >>> digits(np.array([0, 1, -4, 3, 7, 11])).tolist()
    [0, 1, 1, 2, 2, 3]
    """
    magnitude = np.abs(np.asarray(codes, np.int64))
    return np.bitwise_count(magnitude ^ (3 * magnitude)).astype(np.int64)


# ---------------------------------------------------------------- products


def dense_cost(layer: Hls4mlLayer, how: Parallelism, site: LayerSite) -> LayerCost:
    """A matrix product used once per sample (Dense), or once per pixel (the core of a convolution)."""
    assert layer.products is not None
    weight = layer.weights["weight"]
    codes = np.asarray(weight.codes).reshape(layer.products)
    accum = layer.types["accum"].type.width
    if how.strategy == "distributed_arithmetic":
        return _adder_graph(codes, accum, site)
    if how.reuse_factor == 1:
        return _unrolled(codes, weight.type.width, accum, site)
    if how.strategy == "latency":
        return _limited(codes, weight.type.width, accum, how.reuse_factor, site)
    return _resource(codes, weight.type.width, accum, how.reuse_factor, site)


def _unrolled(codes: NDArray[np.int64], width: int, accum: int, site: LayerSite) -> LayerCost:
    """Every product has its own constant: nothing for zero, wires for a power of two."""
    nonzero = digits(codes)
    hard = codes[nonzero > 1]
    # An operand wider than a block would need two: Vivado then adds the constant's digits up in tables.
    in_dsp = in_block(width, site) and max(width, site.input_type.width) <= max(site.chip.dsp_bits)
    # A product with two digits is one addition, which HLS prefers to a block.
    blocks = int(np.count_nonzero(nonzero > 2)) if in_dsp else 0
    small = hard if not in_dsp else codes[nonzero == 2]
    product_bits = int((digits(small) - 1).sum()) * (site.input_type.width + 1)
    terms = np.count_nonzero(codes, axis=0) + 1
    sums = int((terms - 1).sum()) * accum
    # What stands in front of the tree: a block, or the additions of the digits.
    front = _BLOCK_LEVELS if blocks else math.log2(max(1, int(nonzero.max(initial=1))))
    depth = clocks(front + math.log2(max(2, int(terms.max(initial=0)))), site)
    # Between two clocks stands a tree that has shrunk to what the levels before leave of it.
    per_clock = levels_per_clock(site)
    registers = sum(
        math.ceil(int(terms.sum()) / 2 ** max(0.0, per_clock * stage - front)) * accum
        for stage in range(1, depth)
    )
    if (site.stream and site.vitis) or int(terms.max(initial=0)) > _CHAINED_TERMS:
        registers += codes.shape[1] * accum
    return LayerCost(
        Count(
            chain=product_bits + sums,
            ff=registers + site.input_type.width * codes.shape[0],
            dsp=blocks * _per(width, site),
            soft=len(hard) - blocks,
        ),
        depth,
        reuse=1,
    )


def in_block(width: int, site: LayerSite) -> bool:
    """True if a product of the input with a factor of `width` bits goes into a DSP block."""
    narrow = min(width, site.input_type.width)
    return narrow >= DSP_OPERAND and width + site.input_type.width >= DSP_PRODUCT


def _per(width: int, site: LayerSite) -> int:
    """DSP blocks of one product."""
    wide, narrow = max(site.chip.dsp_bits), min(site.chip.dsp_bits)
    long, short = max(width, site.input_type.width), min(width, site.input_type.width)
    return math.ceil(long / wide) * math.ceil(short / narrow)


def _multipliers(count: int, width: int, site: LayerSite) -> Count:
    """`count` multipliers of a variable by a variable."""
    if in_block(width, site):
        return Count(dsp=count * _per(width, site))
    return Count(
        chain=count * (site.input_type.width * width / 2 + max(site.input_type.width, width)), soft=count
    )


def _limited(codes: NDArray[np.int64], width: int, accum: int, reuse: int, site: LayerSite) -> LayerCost:
    """The latency strategy with fewer multipliers: hls4ml limits their number, multiplexers share them."""
    zeros = int(np.count_nonzero(codes == 0))
    count = max(1, math.ceil(codes.size / reuse) - zeros // reuse)
    multipliers = _multipliers(count, width, site)
    choose = count * (site.input_type.width + width) * tables_of_mux(reuse, site.chip.lut_inputs)
    terms = np.count_nonzero(codes, axis=0) + 1
    sums = int((terms - 1).sum()) * accum
    depth = clocks(math.log2(max(2, int(terms.max()))), site) + 2 + reuse
    register_bits = int(terms.sum()) * accum + site.input_type.width * codes.shape[0]
    return LayerCost(
        multipliers + Count(chain=sums, logic=choose, ff=register_bits), depth, interval=reuse, reuse=reuse
    )


def _resource(codes: NDArray[np.int64], width: int, accum: int, reuse: int, site: LayerSite) -> LayerCost:
    """Weights in a ROM of `reuse` words, n_in * n_out / reuse multipliers, one accumulation per clock."""
    inputs, outputs = codes.shape
    count = codes.size // reuse
    multipliers = _multipliers(count, width, site)
    # The inputs a multiplier sees in turn; beyond n_in clocks it also serves several outputs in turn.
    ways, serves = min(reuse, inputs), max(1, reuse // inputs)
    choose = math.ceil(inputs / ways) * site.input_type.width * tables_of_mux(ways, site.chip.lut_inputs)
    choose += count * accum * tables_of_mux(serves, site.chip.lut_inputs)
    hold = outputs * accum * (2 if serves > 1 else 1)
    register_bits = (
        outputs * accum * 2 + count * (width + site.input_type.width) + inputs * site.input_type.width
    )
    # Weights in tables, only bits that are no copies of the sign; the outputs' numbers in block RAM.
    magnitude = int(np.abs(codes).max(initial=0)).bit_length() + 1
    rom = Count(logic=count * min(width, magnitude) * math.ceil(reuse / _WORDS_PER_TABLE))
    if reuse > inputs:
        rom += Count(bram=site.chip.brams(reuse, max(1, (outputs - 1).bit_length())))
    logic = Count(chain=count * accum, logic=choose + hold, ff=register_bits)
    return LayerCost(multipliers + rom + logic, reuse + 1, interval=reuse, reuse=reuse)


def _adder_graph(codes: NDArray[np.int64], accum: int, site: LayerSite) -> LayerCost:
    """da4ml's adder graph: its additions after sharing, each as wide as a sum in the middle of the tree."""
    adders = int(digits(codes).sum()) - int(np.count_nonzero(codes.any(axis=0)))
    shared = adders * sharing(codes)
    width = (site.input_type.width + accum) / 2
    terms = np.maximum(digits(codes).sum(axis=0), 1)
    depth = clocks(math.log2(max(2, int(terms.max()))), site)
    registers = depth * codes.shape[1] * accum + site.input_type.width * codes.shape[0]
    return LayerCost(Count(chain=shared * width, ff=registers), depth, reuse=1)


def sharing(codes: NDArray[np.int64]) -> float:
    """Share of additions that remains when partial sums are shared between outputs.

    Falls with the number of weights and with their nonzero digits; fitted to what da4ml makes of 32 random
    matrices of 32 to 1,024 weights and tried on 32 others: median error 0.03, largest 0.14
    (benchmarks/sharing.py).
    """
    per_weight = float(digits(codes).mean()) if codes.size else 0.0
    if per_weight == 0.0:
        return 1.0
    return min(1.0, max(0.25, 0.891 - 0.0282 * math.log2(codes.size) - 0.1025 * math.log2(per_weight)))


# ---------------------------------------------------------------- everything else


def elementwise(layer: Hls4mlLayer, site: LayerSite, elements: int) -> Count:
    """A cast, a ReLU or an affine map on so many elements side by side, registered by its neighbours."""
    result = layer.result.type.width
    drop = max(0, site.input_type.frac - layer.result.type.frac)
    rounding = result if drop else 0
    saturate = result + max(0, site.input_type.width - result - drop) / 5
    count = Count(chain=elements * rounding, logic=elements * saturate)
    if layer.kind != "BatchNormalization":
        return count
    scale = layer.weights["scale"]
    extra = int(np.maximum(digits(scale.codes) - 1, 0).mean() + 1)
    return count + Count(chain=elements * extra * result)


def pooling(layer: Hls4mlLayer, outputs: int, window: int) -> Count:
    """A comparison and a choice per further element of the window; registers are counted where they are."""
    return Count(chain=(window - 1) * layer.result.type.width * 2 * outputs)


def waiting(window: int, stages: int) -> int:
    """Registers for the elements of a window that are compared one after the other in so many clocks.

    >>> waiting(4, 1), waiting(4, 2)
    (0, 2)
    """
    return sum(min(element * stages // window, _LONGEST_DELAY) for element in range(window))


def depthwise(layer: Hls4mlLayer, site: LayerSite) -> LayerCost:
    """One small product per channel, unrolled; hls4ml divides no reuse factor there."""
    codes = np.asarray(layer.weights["weight"].codes)
    taps = math.prod(codes.shape[:-2]) if codes.ndim > 2 else codes.shape[0]
    bits = int(digits(codes).sum()) * layer.types["accum"].type.width
    return LayerCost(Count(chain=bits, ff=bits / 2), clocks(math.log2(taps + 1), site) + 1)


def table(layer: Hls4mlLayer, site: LayerSite, elements: int) -> Count:
    """A table per element: block RAM with two ports if it is deep, else logic."""
    words = int(layer.attributes.get("table_size", 1 << site.input_type.width))
    width = layer.result.type.width
    if words * width >= _TABLE_BITS:
        return Count(bram=math.ceil(elements / 2) * site.chip.brams(words, width), ff=elements * width)
    per_bit = max(1, math.ceil(words / (1 << site.chip.lut_inputs)))
    return Count(logic=elements * width * per_bit, ff=elements * width)


def fifo(depth: int, channels: int, width: int, site: LayerSite) -> Count:
    """A stream between two processes: one FIFO of all channels with Vitis HLS, with Vivado HLS one for each.

    Published reports agree to the block: 41 FIFOs of 28 bits are 33 block RAMs of 18 kbit where 33 of them
    hold more than 1,024 bits.
    """
    queues, bits = (1, channels * width) if site.vitis else (channels, width)
    control = Count(logic=12 * queues, ff=8 * queues)
    if depth * bits <= _SRL_BITS or depth <= 2:
        return control + Count(logic=queues * bits * math.ceil(depth / 32))
    read = bits + 2 * max(1, depth.bit_length())  # a register behind the block, and pointers
    return control + Count(bram=queues * site.chip.brams(depth, bits), logic=10 * queues, ff=queues * read)


def hand_over(elements: int, width: int) -> Count:
    """An array between two processes of io_parallel: two registers for each element, and a choice."""
    return Count(logic=elements * width, ff=elements * 2 * width)


def line_buffer(rows: int, columns: int, bits: int) -> Count:
    """The rows above the newest one: shift registers of a row's length, as ap_shift_reg makes them."""
    per_bit = math.ceil(columns / 32)
    return Count(logic=rows * bits * per_bit, ff=rows * bits)
