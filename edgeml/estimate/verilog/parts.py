"""The resources of the modules of hw/rtl, by their parameters: buffers, windows, FIFOs, folded products.

Each function mirrors one module; the flip-flops are its registers, one for one.
"""

from __future__ import annotations

import math

import numpy as np

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


def fold(weights: IntArray, weight: int, element: int, signed: bool, total: int, fabric: Fabric) -> Count:
    """edgeml_fold with its weights.

    Args:
        weights: (beats, lanes, outputs), codes.
        weight: bits of a weight.
        element: bits of an element.
        signed: whether elements are two's complement.
        total: bits of a sum.
        fabric: of the chip.
    """
    beats, lanes, outputs = weights.shape
    words = counter(_count_bits(beats)) + rom(weights.reshape(beats, -1), weight, fabric)
    one = product(element + (not signed), weight, fabric, total)
    if lanes == 1:
        return _single(one, outputs, (element, weight, total), element, beats, fabric) + words
    products, sums = lanes * outputs, outputs * total
    summed = bool(one.dsp) and fabric.dsp_adders  # the blocks also hold elements and the sum over the lanes
    registers = 10 + (sums if summed else lanes * element + 2 * sums)
    bare = 0 if summed else lanes * element
    if not (one.dsp and fabric.dsp_registers):
        registers += products * (element + weight)
        bare += products * (element + weight) if one.dsp else 0
    result = Count(ff=registers) + _times(one, products)
    # Over the lanes, then over the beats, if there are several, with a choice of where to begin.
    terms = lanes - 1 if one.dsp and fabric.dsp_pairs else lanes
    if terms > 2 and fabric.merges_adders and not summed:
        result = result + Count(chain=sums, chains=outputs, wide=(terms - 2) * sums)
    elif terms > 1 and not summed:
        result = result + Count(chain=(terms - 1) * sums, chains=(terms - 1) * outputs)
    elif one.dsp and not summed:
        bare += sums  # the sum over the lanes comes straight out of the blocks
    result = result + Count(bare=bare + 10)
    if beats > 1:
        result = result + Count(chain=sums, chains=outputs, logic=sums)
    return result + words


def _times(one: Count, products: int) -> Count:
    """Multipliers, as many as `products`."""
    return Count(
        chain=one.chain * products,
        chains=one.chains * products,
        saved=one.saved * products,
        logic=one.logic * products,
        dsp=one.dsp * products,
    )


def _single(
    one: Count, outputs: int, bits: tuple[int, int, int], elements: int, beats: int, fabric: Fabric
) -> Count:
    """The arithmetic of edgeml_fold or edgeml_product with one term per clock, and what holds a beat's state.

    Args:
        one: a multiplier.
        outputs: how many multipliers there are, each with a sum.
        bits: of an element, of a weight, of a sum.
        elements: bits of all elements that are multiplied in a clock.
        beats: terms of a sum.
        fabric: of the chip.
    """
    element, weight, total = bits
    state = Count(ff=10, bare=10)
    if one.dsp == 1 and fabric.dsp_registers and fabric.dsp_adders:
        return state + _times(one, outputs)  # the block holds factors, product and sum, and chooses its begin
    sums = outputs * total
    result = state + _times(one, outputs) + Count(ff=elements + sums)
    if not (one.dsp and fabric.dsp_registers):
        factors, products = elements + outputs * weight, outputs * (element + weight)
        result = result + Count(ff=factors + products, bare=factors + (products if one.dsp else 0))
    if beats > 1:
        result = result + Count(chain=sums, chains=outputs, logic=sums)
    return result


def product_of_parts(at: ProductSegment, fabric: Fabric) -> Count:
    """edgeml_product with its weights and biases.

    Args:
        at: the segment.
        fabric: of the chip.
    """
    source, total, element = at.source, at.sink.width, at.source.width
    sums, products = at.outputs * total, at.multipliers
    one = product(element + (not source.signed), at.weight_bits, fabric, total)
    terms = 1 if at.depthwise else at.lanes
    ways = tables_of_mux(at.beats * at.passes if at.depthwise else at.beats, fabric.lut_inputs)
    result = Count(logic=ways * at.lanes * element)  # the choice of a part
    if terms == 1:
        bits = element, at.weight_bits, total
        result = result + _single(one, at.outputs, bits, at.lanes * element, 2, fabric)
    else:
        registers = 10 + at.lanes * element + 2 * sums
        bare = 10
        if not (one.dsp and fabric.dsp_registers):
            registers += products * (element + at.weight_bits)
            bare += products * (element + at.weight_bits) if one.dsp else 0
        result = result + Count(ff=registers, bare=bare) + _times(one, products)
        if terms > 2 and fabric.merges_adders:
            result = result + Count(chain=sums, chains=at.outputs, wide=(terms - 2) * sums)
        else:
            result = result + Count(chain=(terms - 1) * sums, chains=(terms - 1) * at.outputs)
        # Over the beats, with a choice of where to begin.
        result = result + Count(chain=sums, chains=at.outputs, logic=sums)
    counters = counter(_count_bits(at.beats)) + counter(_count_bits(at.passes))
    counters = counters + counter(_count_bits(at.beats * at.passes)) + counter(_count_bits(at.beats))
    result = result + counters + Count(ff=2 * _count_bits(at.passes))
    if at.passes > 1:
        result = result + rom(at.bias, total, fabric)
    return result + rom(at.weights.reshape(at.beats * at.passes, -1), at.weight_bits, fabric)


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
