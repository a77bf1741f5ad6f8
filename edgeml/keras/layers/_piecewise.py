"""Activations made of straight pieces: exact ops, so that no quantizer has to follow them.

Keras computes them in float32. Its sums are exact as long as x has no finer LSB than `_FINEST`; for finer
ones `lower` answers None and the function stays a real one, for the quantizer behind it.

Invariant: for every code of x the result is the float32 that Keras or QKeras returns. To add one, add a
function and its name in `_PIECES`; `tests/keras/test_all_codes.py` compares it with every code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from edgeml.fixed import cover
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.max import Max
from edgeml.ir.ops.min import Min
from edgeml.ir.ops.mul import Mul
from edgeml.ir.ops.relu import Relu
from edgeml.ir.ops.scale import Scale
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.pending import PendingFunction
from edgeml.keras.quantizers._common import grid_of
from edgeml.keras.quantizers._ops import below_zero

_FINEST = 18
"""Fractional bits of x up to which 3/16 * x + 1/2 and its doubling are exact in float32 below one."""

_LAST_BELOW = 2.0**-24
"""The largest x whose x/2 + 1/2 is 1/2 in float32, where ties go to the even neighbour; round(1/2) is 0."""


def lower(activation: Any, builder: LayerBuilder, value: str) -> str | None:
    """The exact value after a piecewise linear activation of Keras or QKeras, or None if it is none.

    Args:
        activation: the function.
        builder: where to add ops.
        value: an exact value, or one that waits for a quantizer (None then).
    """
    home = activation.__module__.split(".")[0]
    ops = _PIECES.get((home, activation.__name__))
    if ops is None or isinstance(builder.floats.get(value), PendingFunction):
        return None
    fine = builder.info(value).frac > _FINEST and activation.__name__ not in _STEPS
    return None if fine else ops(builder, value)


def clipped(builder: LayerBuilder, value: str, low: float, high: float, part: str = "clip") -> str:
    """min(max(x, low), high)."""
    raised = (
        builder.add(Relu(), value, part=f"{part}.low")
        if low == 0
        else builder.add(Max(), value, constant(builder, low, f"{part}.least"), part=f"{part}.low")
    )
    return builder.add(Min(), raised, constant(builder, high, f"{part}.most"), part=part)


def constant(builder: LayerBuilder, value: float, part: str) -> str:
    """A float32 constant, exactly."""
    exact = float(np.float32(value))
    frac = grid_of(exact)
    code = int(np.ldexp(exact, frac))
    return builder.const(code, cover(min(code, 0), max(code, 0), frac), part)


def plus(builder: LayerBuilder, value: str, offset: float, part: str) -> str:
    """x + offset."""
    return builder.add(Add(), value, constant(builder, offset, f"{part}.offset"), part=part)


def above(builder: LayerBuilder, value: str, threshold: float, part: str = "above") -> str:
    """1 where x > threshold, else 0; the threshold itself counts as below, as Keras has it."""
    frac = builder.info(value).frac
    first = int(np.floor(np.ldexp(float(np.float32(threshold)), frac))) + 1  # smallest code above it
    shift = builder.const(-first, cover(min(-first, 0), max(-first, 0), frac), f"{part}.threshold")
    below = below_zero(builder, builder.add(Add(), value, shift, part=f"{part}.distance"), f"{part}.below")
    return builder.add(Add(), below, builder.const(1, cover(0, 1, 0), f"{part}.one"), part=part)


def _ramp(slope: Callable[[LayerBuilder, str], str]) -> Callable[[LayerBuilder, str], str]:
    """clip(slope * x + 1/2, 0, 1)."""
    return lambda builder, value: clipped(builder, plus(builder, slope(builder, value), 0.5, "ramp"), 0, 1)


def _half(builder: LayerBuilder, value: str) -> str:
    return builder.add(Scale(-1), value, part="half")


def _three_sixteenths(builder: LayerBuilder, value: str) -> str:
    return builder.add(Mul(), value, constant(builder, 0.1875, "slope.factor"), part="slope")


def _both_signs(unit: Callable[[LayerBuilder, str], str]) -> Callable[[LayerBuilder, str], str]:
    """2 * unit - 1."""

    def lower_it(builder: LayerBuilder, value: str) -> str:
        return plus(builder, builder.add(Scale(1), unit(builder, value), part="twice"), -1, "centred")

    return lower_it


def _shrunk_hard(builder: LayerBuilder, value: str) -> str:
    """x where |x| > 1/2, else 0."""
    positive = builder.add(Mul(), value, above(builder, value, 0.5), part="positive")
    minus = constant(builder, -1, "minus")
    mirrored = builder.add(Mul(), value, minus, part="mirrored")
    negative = builder.add(Mul(), value, above(builder, mirrored, 0.5, "beyond"), part="negative")
    return builder.add(Add(), positive, negative, part="sum")


def _shrunk_soft(builder: LayerBuilder, value: str) -> str:
    """x moved by 1/2 towards zero, and zero where it would pass it."""
    upper = builder.add(Relu(), plus(builder, value, -0.5, "less"), part="upper")
    zero = builder.const(0, cover(0, 0, 0), "zero")
    under = builder.add(Min(), plus(builder, value, 0.5, "more"), zero, part="under")
    return builder.add(Add(), upper, under, part="sum")


def _step(builder: LayerBuilder, value: str) -> str:
    return above(builder, value, _LAST_BELOW)


_PIECES: Mapping[tuple[str, str], Callable[[LayerBuilder, str], str]] = {
    ("keras", "relu6"): lambda builder, value: clipped(builder, value, 0, 6),
    ("keras", "hard_tanh"): lambda builder, value: clipped(builder, value, -1, 1),
    ("keras", "sparse_sigmoid"): _ramp(_half),
    ("keras", "hard_shrink"): _shrunk_hard,
    ("keras", "soft_shrink"): _shrunk_soft,
    ("qkeras", "hard_sigmoid"): _ramp(_half),
    ("qkeras", "hard_tanh"): lambda builder, value: clipped(builder, value, -1, 1),
    ("qkeras", "smooth_sigmoid"): _ramp(_three_sixteenths),
    ("qkeras", "smooth_tanh"): _both_signs(_ramp(_three_sixteenths)),
    ("qkeras", "binary_sigmoid"): _step,
    ("qkeras", "binary_tanh"): _both_signs(_step),
}
_STEPS = ("binary_sigmoid", "binary_tanh")
"""Functions whose step is known for an x with any LSB."""
