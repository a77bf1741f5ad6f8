"""Input and Cast: bring a value into units of the new LSB, clip, round, wrap.

A saturating clip comes before the rounding: its bounds are integers and every rounding is monotone and
keeps integers, so the two commute, and the clip can fuse with what stands before it. A bound that the
interval proves unreachable is not emitted. RND_CONV is ONNX's Round, TRN is Floor; the other modes are
composed, each step exact because `demand` counted the half LSB.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeml.backends.onnx.terms import Terms
from edgeml.fixed import ElementType, IntArray, Overflow, Round, symmetric_lo
from edgeml.ir import Shape
from edgeml.ir.layout import Layout


@dataclass(frozen=True)
class Job:
    """One quantization: what is known of the value and what is to be done."""

    name: str
    shape: Shape
    layout: Layout
    double: bool
    to: ElementType
    bounds: tuple[IntArray, IntArray]
    """What a clip brings the codes between."""
    below: bool
    above: bool
    """Which of the two can be reached."""
    rounds: bool
    lo: int = -1
    hi: int = 1
    """Of the value: is it never negative, never positive?"""


def quantized(terms: Terms, tensor: str, rounding: Round, overflow: Overflow, job: Job) -> str:
    saturates = overflow in (Overflow.SAT, Overflow.SAT_SYM)
    if saturates:
        tensor = _clip(terms, tensor, job)
    if job.rounds:
        tensor = _round(terms, tensor, rounding, job)
    if saturates or not (job.below or job.above):
        return tensor
    if overflow is Overflow.WRAP:
        return _wrap(terms, tensor, job)
    inside = _clip(terms, tensor, job)
    same = terms.writer.new_node("Equal", [tensor, inside], f"{job.name}/inside")
    zero = _constant(terms, job, np.int64(0))
    return terms.writer.new_node("Where", [same, tensor, zero], job.name)


def clip_bounds(to: ElementType, overflow: Overflow) -> tuple[IntArray, IntArray]:
    """The smallest and largest codes a clip leaves."""
    lo = symmetric_lo(to) if overflow is Overflow.SAT_SYM else to.lo
    return np.asarray(lo, np.int64), np.asarray(to.hi, np.int64)


def _clip(terms: Terms, tensor: str, job: Job) -> str:
    """Between integer bounds, those that can be reached."""
    lo, hi = job.bounds
    lows, highs = np.unique(lo), np.unique(hi)
    if lows.size == 1 and highs.size == 1:
        if not (job.below or job.above):
            return tensor
        bounds = [
            terms.writer.shared_constant(terms.scaled(bound[0], 0, 0, job.double, job.name), "/bound")
            if reached
            else ""
            for bound, reached in ((lows, job.below), (highs, job.above))
        ]
        return terms.writer.new_node(
            "Clip", [tensor, *bounds] if bounds[1] else [tensor, bounds[0]], f"{job.name}/clip"
        )
    if job.below:
        tensor = terms.writer.new_node("Max", [tensor, _constant(terms, job, lo)], f"{job.name}/low")
    if job.above:
        tensor = terms.writer.new_node("Min", [tensor, _constant(terms, job, hi)], f"{job.name}/high")
    return tensor


def _round(terms: Terms, tensor: str, rounding: Round, job: Job) -> str:
    """To an integer."""
    node, name = terms.writer.new_node, job.name
    up = rounding is Round.RND or (rounding is Round.RND_INF and job.lo >= 0)
    up = up or (rounding is Round.RND_ZERO and job.hi <= 0)
    down = rounding is Round.RND_MIN_INF or (rounding is Round.RND_INF and job.hi <= 0)
    down = down or (rounding is Round.RND_ZERO and job.lo >= 0)
    if rounding is Round.RND_CONV:
        return node("Round", [tensor], name)
    if rounding is Round.TRN or (rounding is Round.TRN_ZERO and job.lo >= 0):
        return node("Floor", [tensor], name)
    if rounding is Round.TRN_ZERO and job.hi <= 0:
        return node("Ceil", [tensor], name)
    half = _constant(terms, job, np.int64(-1), power=True)
    if up:
        return node("Floor", [node("Add", [tensor, half], f"{name}/half")], name)
    if down:
        return node("Ceil", [node("Sub", [tensor, half], f"{name}/half")], name)
    # What is left treats both signs alike: round the magnitude, put the sign back.
    size = node("Abs", [tensor], f"{name}/size")
    if rounding is Round.TRN_ZERO:
        size = node("Floor", [size], f"{name}/whole")
    elif rounding is Round.RND_INF:
        size = node("Floor", [node("Add", [size, half], f"{name}/half")], f"{name}/whole")
    else:
        size = node("Ceil", [node("Sub", [size, half], f"{name}/half")], f"{name}/whole")
    return node("Mul", [node("Sign", [tensor], f"{name}/sign"), size], name)


def _wrap(terms: Terms, tensor: str, job: Job) -> str:
    """r - 2^w floor((r - lo) / 2^w).

    Exact in float64 for every float32 r as well: one whose span with lo exceeds 53 bits is a multiple of 2^w.
    """
    node, name = terms.writer.new_node, job.name
    width = np.asarray(job.to.width)
    shifted = tensor
    if job.to.signed:
        shifted = node("Sub", [tensor, _constant(terms, job, np.asarray(job.to.lo))], f"{name}/above")
    turns = node("Mul", [shifted, _constant(terms, job, -width, power=True)], f"{name}/turns")
    whole = node("Floor", [turns], f"{name}/whole_turns")
    back = node("Mul", [whole, _constant(terms, job, width, power=True)], f"{name}/back")
    return node("Sub", [tensor, back], name)


def _constant(terms: Terms, job: Job, values: IntArray | np.int64, *, power: bool = False) -> str:
    """Integers, or powers of two, in the job's carrier and layout."""
    array = np.asarray(values, np.int64)
    codes, unit = (np.ones_like(array), array) if power else (array, np.zeros_like(array))
    floats = terms.scaled(codes, 0, unit, job.double, job.name)
    return terms.spread(floats, job.shape, job.layout, "/integer" if not power else "/power")
