"""Input and Cast: bring a value into units of the new LSB, clip, round, wrap.

A saturating clip comes before the rounding: its bounds are integers and every rounding is monotone and
keeps integers, so the two commute, and the clip can fuse with what stands before it. A bound that the
interval proves unreachable is not emitted. RND_CONV is ONNX's Round, TRN is Floor; the other modes are
composed, each step exact because `demand` counted the half LSB.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeml.backends.onnx.model import ExactModel
from edgeml.fixed import ElementType, IntArray, Overflow, Round, symmetric_lo
from edgeml.ir import Shape
from edgeml.ir.layout import Layout


@dataclass(frozen=True)
class OnnxCast:
    """A cast to be emitted, with what is proven of its input.

    Args:
        name: of the result.
        shape: of the value.
        layout: of its tensor.
        double: computed in float64.
        to: the new type.
        bounds: smallest and largest codes that a clip leaves.
        below: an element can be below its lower bound.
        above: an element can be above its upper bound.
        rounds: bits can be lost below the new LSB.
        lo: smallest code of the input; only its sign is used.
        hi: largest code of the input; only its sign is used.
    """

    name: str
    shape: Shape
    layout: Layout
    double: bool
    to: ElementType
    bounds: tuple[IntArray, IntArray]
    below: bool
    above: bool
    rounds: bool
    lo: int = -1
    hi: int = 1


def emit_cast(model: ExactModel, tensor: str, rounding: Round, overflow: Overflow, cast: OnnxCast) -> str:
    """Add the nodes of a cast.

    Args:
        model: where to add them.
        tensor: the input in units of the new LSB.
        rounding: the mode.
        overflow: the mode.
        cast: the rest.

    Returns:
        The tensor of codes of the new type.
    """
    saturates = overflow in (Overflow.SAT, Overflow.SAT_SYM)
    if saturates:
        tensor = _clip(model, tensor, cast)
    if cast.rounds:
        tensor = _round(model, tensor, rounding, cast)
    if saturates or not (cast.below or cast.above):
        return tensor
    if overflow is Overflow.WRAP:
        return _wrap(model, tensor, cast)
    inside = _clip(model, tensor, cast)
    same = model.writer.new_node("Equal", [tensor, inside], f"{cast.name}/inside")
    zero = _constant(model, cast, np.int64(0))
    return model.writer.new_node("Where", [same, tensor, zero], cast.name)


def clip_bounds(to: ElementType, overflow: Overflow) -> tuple[IntArray, IntArray]:
    """The smallest and largest codes a clip leaves."""
    lo = symmetric_lo(to) if overflow is Overflow.SAT_SYM else to.lo
    return np.asarray(lo, np.int64), np.asarray(to.hi, np.int64)


def _clip(model: ExactModel, tensor: str, cast: OnnxCast) -> str:
    """Add a clip to the integer bounds that can be exceeded."""
    lo, hi = cast.bounds
    lows, highs = np.unique(lo), np.unique(hi)
    if lows.size == 1 and highs.size == 1:
        if not (cast.below or cast.above):
            return tensor
        bounds = [
            model.writer.shared_constant(model.scaled(bound[0], 0, 0, cast.double, cast.name), "/bound")
            if reached
            else ""
            for bound, reached in ((lows, cast.below), (highs, cast.above))
        ]
        return model.writer.new_node(
            "Clip", [tensor, *bounds] if bounds[1] else [tensor, bounds[0]], f"{cast.name}/clip"
        )
    if cast.below:
        tensor = model.writer.new_node("Max", [tensor, _constant(model, cast, lo)], f"{cast.name}/low")
    if cast.above:
        tensor = model.writer.new_node("Min", [tensor, _constant(model, cast, hi)], f"{cast.name}/high")
    return tensor


def _round(model: ExactModel, tensor: str, rounding: Round, cast: OnnxCast) -> str:
    """Add the nodes that round to an integer."""
    node, name = model.writer.new_node, cast.name
    up = rounding is Round.RND or (rounding is Round.RND_INF and cast.lo >= 0)
    up = up or (rounding is Round.RND_ZERO and cast.hi <= 0)
    down = rounding is Round.RND_MIN_INF or (rounding is Round.RND_INF and cast.hi <= 0)
    down = down or (rounding is Round.RND_ZERO and cast.lo >= 0)
    if rounding is Round.RND_CONV:
        return node("Round", [tensor], name)
    if rounding is Round.TRN or (rounding is Round.TRN_ZERO and cast.lo >= 0):
        return node("Floor", [tensor], name)
    if rounding is Round.TRN_ZERO and cast.hi <= 0:
        return node("Ceil", [tensor], name)
    half = _constant(model, cast, np.int64(-1), power=True)
    if up:
        return node("Floor", [node("Add", [tensor, half], f"{name}/half")], name)
    if down:
        return node("Ceil", [node("Sub", [tensor, half], f"{name}/half")], name)
    # The other modes treat both signs alike: round the magnitude and restore the sign.
    size = node("Abs", [tensor], f"{name}/size")
    if rounding is Round.TRN_ZERO:
        size = node("Floor", [size], f"{name}/whole")
    elif rounding is Round.RND_INF:
        size = node("Floor", [node("Add", [size, half], f"{name}/half")], f"{name}/whole")
    else:
        size = node("Ceil", [node("Sub", [size, half], f"{name}/half")], f"{name}/whole")
    return node("Mul", [node("Sign", [tensor], f"{name}/sign"), size], name)


def _wrap(model: ExactModel, tensor: str, cast: OnnxCast) -> str:
    """r - 2^w floor((r - lo) / 2^w).

    Exact in float64 for every float32 r as well: one whose span with lo exceeds 53 bits is a multiple of 2^w.
    """
    node, name = model.writer.new_node, cast.name
    width = np.asarray(cast.to.width)
    shifted = tensor
    if cast.to.signed:
        shifted = node("Sub", [tensor, _constant(model, cast, np.asarray(cast.to.lo))], f"{name}/above")
    turns = node("Mul", [shifted, _constant(model, cast, -width, power=True)], f"{name}/turns")
    whole = node("Floor", [turns], f"{name}/whole_turns")
    back = node("Mul", [whole, _constant(model, cast, width, power=True)], f"{name}/back")
    return node("Sub", [tensor, back], name)


def _constant(model: ExactModel, cast: OnnxCast, values: IntArray | np.int64, *, power: bool = False) -> str:
    """Integers, or powers of two, in the cast's carrier and layout."""
    array = np.asarray(values, np.int64)
    codes, unit = (np.ones_like(array), array) if power else (array, np.zeros_like(array))
    floats = model.scaled(codes, 0, unit, cast.double, cast.name)
    return model.spread(floats, cast.shape, cast.layout, "/integer" if not power else "/power")
