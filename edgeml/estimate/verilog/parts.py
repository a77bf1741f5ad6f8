"""The resources of the modules of hw/rtl, by their parameters: buffers, windows, FIFOs, folded products.

Each function mirrors one module; the flip-flops are its registers, one for one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgeml.backends.verilog.stream import pairs
from edgeml.backends.verilog.stream.segments import ProductSegment
from edgeml.estimate.count import Count, tables, tables_of_mux
from edgeml.estimate.verilog.circuit import product
from edgeml.families import Fabric
from edgeml.fixed import IntArray


def skid(bits: int) -> Count:
    """edgeml_skid: two registers, a multiplexer per bit that both of them are behind."""
    return Count(logic=bits + 4, ff=2 * bits + 2, bare=2 * bits)


def pipe_control(stages: int) -> Count:
    """edgeml_pipe_control: a bit per stage."""
    return Count(logic=2, ff=stages, bare=stages)


def delay(bits: int, clocks: int, fabric: Fabric) -> Count:
    """edgeml_delay: registers, or shift registers in tables where the tool finds them."""
    if fabric.shift_registers and clocks >= fabric.shift_registers:
        return Count(logic=bits * math.ceil((clocks - 1) / 16), ff=bits, bare=bits)
    return Count(ff=bits * clocks, bare=bits * clocks)


def counter(bits: int) -> Count:
    """A counter that starts over at a value."""
    return Count(logic=2 * bits, ff=bits)


def memory(words: int, bits: int, fabric: Fabric) -> Count:
    """A memory that is written: in block RAM, tables or flip-flops, whatever is weighed least."""
    deep, wide, cost, luts = fabric.lutram
    pieces = math.ceil(words / deep) * math.ceil(bits / wide) if deep else 0
    if fabric.block_cost(words, bits) < (pieces * cost if deep else words * bits):
        return Count(bram=fabric.brams(words, bits))
    if deep:
        return Count(logic=pieces * luts, ff=bits)
    muxes = bits * (tables_of_mux(words, fabric.lut_inputs) + 1)
    return Count(logic=muxes, ff=words * bits + bits, bare=words * bits)


def fifo(bits: int, address: int, fabric: Fabric) -> Count:
    """edgeml_fifo: 2^address words, two pointers, a count, an output register."""
    words = memory(1 << address, bits, fabric)
    control = counter(address) + counter(address) + Count(logic=3 * (address + 1), ff=address + 2)
    return words + control + Count(logic=tables(address + 1, fabric.lut_inputs))


def serialize(bits: int, parts: int) -> Count:
    """edgeml_serialize: a register that shifts, or is loaded."""
    return Count(logic=bits * (parts - 1) + 3, ff=bits * parts + 1, bare=bits) + counter(_count_bits(parts))


def window(
    pixel: int,
    full: tuple[int, int],
    reach: tuple[int, int],
    fabric: Fabric,
) -> Count:
    """edgeml_window: taps, line buffers, position counters.

    Args:
        pixel: bits of a pixel.
        full: rows and columns, padding included.
        reach: rows and columns of the window.
        fabric: of the chip.
    """
    rows, columns = reach
    lines = memory(full[1], (rows - 1) * pixel, fabric) if rows > 1 else Count()
    held_bits = rows * columns * pixel
    taps = Count(logic=2, ff=held_bits + 1, bare=held_bits)
    places = [counter(_count_bits(size)) + counter(_count_bits(size)) for size in full]
    return lines + taps + places[0] + places[1]


@dataclass(frozen=True)
class _Sums:
    """Sums of a folded layer that are alike, each with its multipliers.

    Args:
        number: of the sums; two that share their multipliers are one.
        weights: bits of the weights that a factor holds.
        factor: its bits.
        total: bits of the sum.
        one: a multiplier.
    """

    number: int
    weights: int
    factor: int
    total: int
    one: Count


def _sums(
    outputs: int, weight: int, total: int, element: int, signed: bool, paired: bool, fabric: Fabric
) -> list[_Sums]:
    """The sums of a layer: one for an output, or for two and for the last one of an odd number."""
    kinds = [(outputs, weight, weight, total)]
    if paired:
        kinds = [(outputs // 2, 2 * weight, weight + total, 2 * total), (outputs % 2, weight, weight, total)]
    return [
        _Sums(number, bits, factor, width, product(element + (not signed), factor, fabric, width))
        for number, bits, factor, width in kinds
        if number
    ]


def fold(
    weights: IntArray,
    weight: int,
    element: int,
    signed: bool,
    total: int,
    fabric: Fabric,
    paired: bool = False,
) -> Count:
    """edgeml_fold with its weights.

    Args:
        weights: (beats, lanes, outputs), codes as they are stored.
        weight: bits of a weight.
        element: bits of an element.
        signed: whether elements are two's complement.
        total: bits of a sum.
        fabric: of the chip.
        paired: two outputs share a multiplier.
    """
    beats, lanes, outputs = weights.shape
    result = counter(_count_bits(beats)) + rom(weights.reshape(beats, -1), weight, fabric)
    groups = _sums(outputs, weight, total, element, signed, paired, fabric)
    if lanes == 1:
        return result + _single(groups, element, element, beats, fabric)
    result = result + Count(ff=10, bare=10)
    if any(not _is_summed(of, fabric) for of in groups):
        result = result + Count(ff=lanes * element, bare=lanes * element)
    for of in groups:
        result = result + _over_lanes(of, lanes, element, beats, fabric)
    return result


def _is_summed(of: _Sums, fabric: Fabric) -> bool:
    """True if the blocks also hold elements and the sum over the lanes."""
    return bool(of.one.dsp) and fabric.dsp_adders


def _over_lanes(of: _Sums, lanes: int, element: int, beats: int, fabric: Fabric) -> Count:
    """The sums of edgeml_fold over its lanes, then over the beats, if there are several."""
    one, products, sums, summed = of.one, lanes * of.number, of.number * of.total, _is_summed(of, fabric)
    result = Count(ff=sums if summed else 2 * sums) + _times(one, products)
    if not (one.dsp and fabric.dsp_registers):
        bits = products * _product_bits(of, element)
        result = result + Count(ff=bits, bare=bits if one.dsp else 0)
    terms = lanes - 1 if one.dsp and fabric.dsp_pairs else lanes
    if terms > 2 and fabric.merges_adders and not summed:
        result = result + Count(chain=sums, chains=of.number, wide=(terms - 2) * sums)
    elif terms > 1 and not summed:
        result = result + Count(chain=(terms - 1) * sums, chains=(terms - 1) * of.number)
    elif one.dsp and not summed:
        result = result + Count(bare=sums)  # the sum over the lanes comes straight out of the blocks
    if beats > 1:  # with a choice of where to begin
        result = result + Count(chain=sums, chains=of.number, logic=sums)
    return result


def _product_bits(of: _Sums, element: int) -> int:
    """Bits of a product in registers: of two in one, no more than their sums have."""
    bits = element + of.factor
    return bits if of.weights == of.factor else min(bits, of.total)


def _times(one: Count, products: int) -> Count:
    """Multipliers, as many as `products`."""
    return Count(
        chain=one.chain * products,
        chains=one.chains * products,
        saved=one.saved * products,
        logic=one.logic * products,
        dsp=one.dsp * products,
    )


def _single(groups: Sequence[_Sums], element: int, elements: int, beats: int, fabric: Fabric) -> Count:
    """The arithmetic of edgeml_fold or edgeml_product with one term per clock, and what holds a beat's state.

    Args:
        groups: the sums.
        element: its bits.
        elements: bits of all elements that are multiplied in a clock.
        beats: terms of a sum.
        fabric: of the chip.
    """
    result = Count(ff=10, bare=10)
    outside = [of for of in groups if not (of.one.dsp == 1 and fabric.dsp_registers and fabric.dsp_adders)]
    if outside:
        result = result + Count(ff=elements)
    if any(not (of.one.dsp and fabric.dsp_registers) for of in outside):
        result = result + Count(ff=elements, bare=elements)
    for of in groups:
        result = result + _times(of.one, of.number)
        if of not in outside:
            continue  # the block holds factors, product and sum, and chooses its begin
        sums = of.number * of.total
        result = result + Count(ff=sums)
        if not (of.one.dsp and fabric.dsp_registers):
            factors, products = of.number * of.weights, of.number * _product_bits(of, element)
            result = result + Count(ff=factors + products, bare=factors + (products if of.one.dsp else 0))
        if beats > 1:
            result = result + Count(chain=sums, chains=of.number, logic=sums)
    return result


def product_of_parts(at: ProductSegment, fabric: Fabric) -> Count:
    """edgeml_product with its weights and biases.

    Args:
        at: the segment.
        fabric: of the chip.
    """
    total, element = at.sink.width, at.source.width
    words, weight = pairs.stored(at)
    groups = _sums(at.outputs, weight, total, element, at.source.signed, at.paired, fabric)
    ways = tables_of_mux(at.beats * at.passes if at.depthwise else at.beats, fabric.lut_inputs)
    result = Count(logic=ways * at.lanes * element)  # the choice of a part
    if at.depthwise or at.lanes == 1:
        result = result + _single(groups, element, at.lanes * element, 2, fabric)
    else:
        result = result + Count(ff=10 + at.lanes * element, bare=10)
        for of in groups:
            result = result + _over_terms(of, at.lanes, element, fabric)
    counters = counter(_count_bits(at.beats)) + counter(_count_bits(at.passes))
    counters = counters + counter(_count_bits(at.beats * at.passes)) + counter(_count_bits(at.beats))
    result = result + counters + Count(ff=2 * _count_bits(at.passes))
    if at.passes > 1:
        result = result + rom(at.bias, total, fabric)
    return result + rom(words.reshape(at.beats * at.passes, -1), weight, fabric)


def _over_terms(of: _Sums, lanes: int, element: int, fabric: Fabric) -> Count:
    """The sums of edgeml_product over several lanes, and over the beats with a choice of where to begin."""
    products, sums = lanes * of.number, of.number * of.total
    result = Count(ff=2 * sums) + _times(of.one, products)
    if not (of.one.dsp and fabric.dsp_registers):
        bits = products * _product_bits(of, element)
        result = result + Count(ff=bits, bare=bits if of.one.dsp else 0)
    if lanes > 2 and fabric.merges_adders:
        result = result + Count(chain=sums, chains=of.number, wide=(lanes - 2) * sums)
    else:
        result = result + Count(chain=(lanes - 1) * sums, chains=(lanes - 1) * of.number)
    return result + Count(chain=sums, chains=of.number, logic=sums)


def collect(bits: int, ways: int) -> Count:
    """edgeml_collect: a shift register of beats of `bits`."""
    return Count(logic=3, ff=bits * ways + 1, bare=bits * ways) + counter(_count_bits(ways))


def reduce(lanes: int, bits: int, beats: int, is_maximum: bool) -> Count:
    """edgeml_reduce: a sum or maximum per lane and a register for the result."""
    size = lanes * bits
    compared = Count(chain=size, chains=lanes) if is_maximum else Count()
    added = Count(logic=2 * size) if is_maximum else Count(chain=size, chains=lanes)
    return compared + added + Count(logic=4, ff=2 * size + 1, bare=size) + counter(_count_bits(beats))


def fork(ways: int) -> Count:
    """edgeml_fork: a bit per branch."""
    return Count(logic=2 * ways + 1, ff=ways)


def rom(words: IntArray, width: int, fabric: Fabric) -> Count:
    """A memory that is only read, with a registered output.

    Args:
        words: (depth, values), codes.
        width: bits of a value.
        fabric: of the chip.
    """
    depth, bits = len(words), words.shape[1] * width
    # At equal weights Yosys leaves it in tables: 64 words of 32 bits on ECP5 weigh 128, and so does a block.
    if fabric.block_cost(depth, bits) < depth * bits / (1 << fabric.lut_inputs):
        return Count(bram=fabric.brams(depth, bits))
    columns = (words[:, :, np.newaxis] >> np.arange(width)) & 1
    columns = columns.reshape(depth, -1).astype(np.uint8)
    varying = np.packbits(columns[:, columns.any(axis=0) & ~columns.all(axis=0)], axis=0).T
    live = len({column.tobytes() for column in varying})
    return Count(logic=live * max(1, depth >> fabric.lut_inputs), ff=live)


def _count_bits(values: int) -> int:
    return max(1, (values - 1).bit_length())
