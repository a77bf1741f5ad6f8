"""What one hls4ml layer needs: multipliers, adder trees, tables, memories, and its clocks.

The structure is that of hls4ml 1.3's nnet_utils: which loops are unrolled, which are pipelined and at which
interval. What high-level synthesis makes of an operation (a DSP block, a shift, a tree of adders) follows
rules that are written beside the code; docs/estimates.md has their sources.

Invariant: counts come from the layer's real constants; a zero weight costs nothing in an unrolled layer, a
power of two only its addition.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeml.backends.hls4ml.layer import Layer
from edgeml.backends.hls4ml.reuse import Parallelism
from edgeml.estimate.circuit import Count
from edgeml.estimate.family import Family
from edgeml.estimate.parts import tables_of_mux
from edgeml.fixed import FixedType

DSP_OPERAND, DSP_PRODUCT = 7, 20
"""A product goes into a DSP block if its narrower operand and its result have at least so many bits.

Published results (docs/estimates.md): 16 x 8 bits take a block, 16 x 6 and 6 x 6 do not.
"""

PIXEL_CLOCKS = 8
"""Clocks that a streamed convolution with the resource strategy spends on a pixel beside its product."""

_SHALLOW = 64
"""A weight memory of at most so many words ends up in tables, whatever HLS asked for."""

_USABLE = 0.73
"""Share of the clock period that HLS fills: Vitis keeps 27 % as its default uncertainty."""

_TABLE_BITS = 4096
"""A table of at least so many bits goes into block RAM."""

_SRL_BITS = 1024
"""FIFOs up to so many bits go into shift registers (Vitis HLS, config_storage -auto_srl_max_bits)."""


@dataclass(frozen=True)
class Cost:
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
class Site:
    """What a layer is built for.

    Args:
        chip: the family.
        clock_ns: clock period.
        stream: io_stream, else io_parallel.
        held: type of the layer's input.
    """

    chip: Family
    clock_ns: float
    stream: bool
    held: FixedType


def levels_per_clock(site: Site) -> int:
    """Adder levels that HLS chains in one clock."""
    return max(1, int(site.clock_ns * _USABLE / site.chip.adder_ns))


def clocks(levels: float, site: Site) -> int:
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


def dense_cost(layer: Layer, how: Parallelism, site: Site) -> Cost:
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


def _unrolled(codes: NDArray[np.int64], width: int, accum: int, site: Site) -> Cost:
    """Every product has its own constant: nothing for zero, wires for a power of two."""
    found = digits(codes)
    hard = codes[found > 1]
    in_dsp = in_block(width, site)
    # A product with two digits is one addition, which HLS prefers to a block.
    blocks = int(np.count_nonzero(found > 2)) if in_dsp else 0
    small = hard if not in_dsp else codes[found == 2]
    product_bits = int((digits(small) - 1).sum()) * (site.held.width + 1)
    terms = np.count_nonzero(codes, axis=0) + 1
    sums = int((terms - 1).sum()) * accum
    inner = 2 if blocks else int(found.max())  # what stands in front of the tree, if it is no block
    levels = math.log2(max(2, int(terms.max()))) + (math.log2(max(2, inner)) if len(hard) else 0)
    depth = clocks(levels, site) + (1 if blocks else 0)
    # Between two clocks stands a tree that has shrunk to what its levels leave.
    per_clock = levels_per_clock(site)
    registers = sum(
        math.ceil(int(terms.sum()) / 2 ** (per_clock * stage)) * accum for stage in range(1, depth + 1)
    )
    return Cost(
        Count(
            chain=product_bits + sums,
            ff=registers + site.held.width * codes.shape[0],
            dsp=blocks * _per(width, site),
            soft=len(hard) - blocks,
        ),
        depth,
        reuse=1,
    )


def in_block(width: int, site: Site) -> bool:
    """Whether a product of the input with a factor of `width` bits goes into a DSP block."""
    narrow = min(width, site.held.width)
    return narrow >= DSP_OPERAND and width + site.held.width >= DSP_PRODUCT


def _per(width: int, site: Site) -> int:
    """DSP blocks of one product."""
    wide, narrow = max(site.chip.dsp_bits), min(site.chip.dsp_bits)
    long, short = max(width, site.held.width), min(width, site.held.width)
    return math.ceil(long / wide) * math.ceil(short / narrow)


def _multipliers(count: int, width: int, site: Site) -> Count:
    """`count` multipliers of a variable by a variable."""
    if in_block(width, site):
        return Count(dsp=count * _per(width, site))
    return Count(chain=count * (site.held.width * width / 2 + max(site.held.width, width)), soft=count)


def _limited(codes: NDArray[np.int64], width: int, accum: int, reuse: int, site: Site) -> Cost:
    """The latency strategy with fewer multipliers: hls4ml limits their number, multiplexers share them."""
    zeros = int(np.count_nonzero(codes == 0))
    count = max(1, math.ceil(codes.size / reuse) - zeros // reuse)
    made = _multipliers(count, width, site)
    choose = count * (site.held.width + width) * tables_of_mux(reuse, site.chip.lut_inputs)
    terms = np.count_nonzero(codes, axis=0) + 1
    sums = int((terms - 1).sum()) * accum
    depth = clocks(math.log2(max(2, int(terms.max()))), site) + 2 + reuse
    held = int(terms.sum()) * accum + site.held.width * codes.shape[0]
    return Cost(made + Count(chain=sums, logic=choose, ff=held), depth, interval=reuse, reuse=reuse)


def _resource(codes: NDArray[np.int64], width: int, accum: int, reuse: int, site: Site) -> Cost:
    """Weights in a ROM of `reuse` words, n_in * n_out / reuse multipliers, one accumulation per clock."""
    inputs, outputs = codes.shape
    count = codes.size // reuse
    made = _multipliers(count, width, site)
    # The inputs a multiplier sees in turn; beyond n_in clocks it also serves several outputs in turn.
    ways, serves = min(reuse, inputs), max(1, reuse // inputs)
    choose = math.ceil(inputs / ways) * site.held.width * tables_of_mux(ways, site.chip.lut_inputs)
    choose += count * accum * tables_of_mux(serves, site.chip.lut_inputs)
    hold = outputs * accum * (2 if serves > 1 else 1)
    held = outputs * accum * 2 + count * (width + site.held.width) + inputs * site.held.width
    bits = count * width
    rom = Count(logic=bits / 2) if reuse <= _SHALLOW else Count(bram=site.chip.brams(reuse, bits))
    logic = Count(chain=count * accum, logic=choose + hold, ff=held)
    return Cost(made + rom + logic, reuse + 1, interval=reuse, reuse=reuse)


def _adder_graph(codes: NDArray[np.int64], accum: int, site: Site) -> Cost:
    """da4ml's adder graph: its additions after sharing, each as wide as a sum in the middle of the tree."""
    adders = int(digits(codes).sum()) - int(np.count_nonzero(codes.any(axis=0)))
    shared = adders * sharing(codes)
    width = (site.held.width + accum) / 2
    terms = np.maximum(digits(codes).sum(axis=0), 1)
    depth = clocks(math.log2(max(2, int(terms.max()))), site)
    registers = depth * codes.shape[1] * accum + site.held.width * codes.shape[0]
    return Cost(Count(chain=shared * width, ff=registers), depth, reuse=1)


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


def elementwise(layer: Layer, site: Site, elements: int) -> Count:
    """A cast, a ReLU or an affine map on so many elements side by side."""
    result = layer.result.type.width
    drop = max(0, site.held.frac - layer.result.type.frac)
    rounding = result if drop else 0
    saturate = result + max(0, site.held.width - result - drop) / 5
    count = Count(chain=elements * rounding, logic=elements * saturate, ff=elements * result)
    if layer.kind != "BatchNormalization":
        return count
    scale = layer.weights["scale"]
    extra = int(np.maximum(digits(scale.codes) - 1, 0).mean() + 1)
    return count + Count(chain=elements * extra * result)


def pooling(layer: Layer, outputs: int, window: int, whole: bool) -> Count:
    """A comparison and a choice per further element of the window; in a stream the window is held as well."""
    width = layer.result.type.width
    held = outputs * width * (1 if whole else window + 1)
    return Count(chain=(window - 1) * width * 2 * outputs, ff=held)


def depthwise(layer: Layer, site: Site) -> Cost:
    """One small product per channel, unrolled; hls4ml divides no reuse factor there."""
    codes = np.asarray(layer.weights["weight"].codes)
    taps = math.prod(codes.shape[:-2]) if codes.ndim > 2 else codes.shape[0]
    bits = int(digits(codes).sum()) * layer.types["accum"].type.width
    return Cost(Count(chain=bits, ff=bits / 2), clocks(math.log2(taps + 1), site) + 1)


def table(layer: Layer, site: Site, elements: int) -> Count:
    """A table per element: block RAM with two ports if it is deep, else logic."""
    words = int(layer.attributes.get("table_size", 1 << site.held.width))
    width = layer.result.type.width
    if words * width >= _TABLE_BITS:
        return Count(bram=math.ceil(elements / 2) * site.chip.brams(words, width), ff=elements * width)
    per_bit = max(1, math.ceil(words / (1 << site.chip.lut_inputs)))
    return Count(logic=elements * width * per_bit, ff=elements * width)


def fifo(depth: int, bits: int, chip: Family) -> Count:
    """A stream between two processes."""
    control = Count(logic=12, ff=8 + bits)
    if depth * bits <= _SRL_BITS or depth <= 2:
        return control + Count(logic=bits * math.ceil(depth / 32))
    return control + Count(bram=chip.brams(depth, bits), logic=10, ff=2 * max(1, depth.bit_length()))


def line_buffer(rows: int, columns: int, bits: int) -> Count:
    """The rows above the newest one: shift registers of a row's length, as ap_shift_reg makes them."""
    per_bit = math.ceil(columns / 32)
    return Count(logic=rows * bits * per_bit, ff=rows * bits)
