"""One node for a value: exactly where its factors allow it, else with multipliers of stated bits and a note.

`joined` leaves a factor and an offset open, which is what products with constants need. `anchored` leaves a
factor open and has no offset, which padding needs: zero is then the code zero. `dyadic` leaves nothing open:
the node's value is the value itself.

Invariant: a result is the value it was made of exactly, or a note says to how many bits it is rounded.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray
from edgeml.importers.affine import exact as ex
from edgeml.importers.affine.assembly import Assembly
from edgeml.importers.affine.exact import Exact
from edgeml.importers.affine.value import STATE_INPUT_TYPE, AffineValue, WeightedNode
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.max import Max
from edgeml.ir.ops.min import Min
from edgeml.ir.ops.mul import Mul
from edgeml.ir.ops.relu import Relu
from edgeml.ir.ops.scale import Scale
from edgeml.ir.steps import FLOAT32_BITS
from edgeml.settings import per_layer

_GRID = 24
"""Fractional bits by which a constant may refine a node's grid and still count as exact."""


def merged(assembly: Assembly, value: AffineValue) -> AffineValue:
    """As few terms as possible: those whose factors differ by powers of two become one node."""
    need_nodes(assembly, value)
    terms = list(value.terms)
    done: list[WeightedNode] = []
    while terms:
        first = terms.pop(0)
        for other in list(terms):
            ratio = _power_ratio(other.factor, first.factor)
            if ratio is not None:
                node = first.node
                shifted = other.node if ratio == 0 else assembly.add(Scale(ratio), other.node, part="scaled")
                first = WeightedNode(assembly.add(Add(), node, shifted, part="sum"), first.factor)
                terms.remove(other)
        done.append(first)
    return replace(value, terms=tuple(done))


def joined(assembly: Assembly, value: AffineValue) -> AffineValue:
    """The value as one node times one number per element plus one, without a clip.

    Raises:
        EdgemlError: the value is an input without a type, or waits for a quantizer.
    """
    value = merged(assembly, value)
    if value.function is not None and "softmax" in value.function_name:
        raise softmax_within()
    if value.function is not None:
        raise EdgemlError(
            f"reads the unquantized result of {value.function_name}",
            assembly.layer,
            f"put a quantizer behind {value.function_name}",
        )
    if len(value.terms) > 1:
        return approximated(assembly, value)
    return value if not value.clips else _with_clip(assembly, value)


def softmax_within() -> EdgemlError:
    """The refusal of a softmax whose result a model goes on to compute with."""
    return EdgemlError(
        "a softmax in the midst of a model, which no table of one value can hold",
        hint="at the end of a model, export it up to its logits: the largest one is the class; within, as in "
        "gates and attention, put a sigmoid in its place and train again",
    )


def anchored(assembly: Assembly, value: AffineValue) -> AffineValue:
    """The value as one node times a factor: the code zero stands for zero."""
    value = joined(assembly, value)
    if ex.is_zero(value.offset):
        return value
    shift = _in_steps(assembly, value, value.offset)
    if shift is None:
        return approximated(assembly, value)
    node = _plus(assembly, value.only.node, shift, "zero")
    return replace(value, terms=(WeightedNode(node, value.only.factor),), offset=ex.exact([0]))


def grounded(assembly: Assembly, value: AffineValue) -> AffineValue:
    """The value with its offset added to the node, if it is whole steps of it; clips stay as they are."""
    value = merged(assembly, value)
    if len(value.terms) > 1 or ex.is_zero(value.offset):
        return value
    shift = _in_steps(assembly, value, value.offset)
    if shift is None or shift[1] > assembly.info(value.only.node).frac:
        return value
    node = _plus(assembly, value.only.node, shift, "biased")
    return replace(value, terms=(WeightedNode(node, value.only.factor),), offset=ex.exact([0]))


def dyadic(assembly: Assembly, value: AffineValue) -> AffineValue:
    """The value as one node: its factor is one."""
    value = anchored(assembly, value)
    if ex.is_one(value.only.factor):
        return value
    node = times(assembly, value.only.node, value.only.factor)
    if node is None:
        return approximated(assembly, value)
    return replace(value, terms=(WeightedNode(node, ex.exact([1])),))


def is_dyadic(value: AffineValue) -> bool:
    """True if `dyadic` is exact and needs no multiplier."""
    ends = [end for end in (value.low, value.high) if end is not None]
    return all(ex.exponents(term.factor) is not None for term in value.terms) and all(
        ex.dyadic_bits(numbers) is not None for numbers in (value.offset, *ends)
    )


def clips_at_steps(assembly: Assembly, value: AffineValue) -> bool:
    """True unless a value of one term is clipped at a number that is no multiple of its node's step."""
    ends = [ex.as_exact(end - value.offset) for end in (value.low, value.high) if end is not None]
    return all(_in_steps(assembly, value, end) is not None for end in ends)


def approximated(assembly: Assembly, value: AffineValue) -> AffineValue:
    """The value on one node by multipliers of the layer's factor bits, with a note.

    Raises:
        EdgemlError: the import is strict.
    """
    need_nodes(assembly, value)
    bits = per_layer(assembly.options.factor_bits, assembly.layer) or FLOAT32_BITS
    assembly.inexact(
        f"factors that are no powers of two and that no quantizer takes up are rounded to {bits} bits",
        "quantize the value directly behind this layer",
    )
    if bits >= FLOAT32_BITS:
        assembly.rounded_layers.add(assembly.layer)
    total = ""
    finest = 0
    for term in value.terms:
        largest = max(abs(factor) for factor in term.factor.flat)
        frac = bits - _magnitude(largest)
        node = assembly.add(Mul(), term.node, rounded(assembly, term.factor, frac, "factor"), part="scaled")
        finest = max(finest, assembly.info(node).frac)
        total = node if not total else assembly.add(Add(), total, node, part="sum")
    if not ex.is_zero(value.offset):
        offset = rounded(assembly, value.offset, finest, "offset")
        total = assembly.add(Add(), total, offset, part="shifted")
    result = replace(
        value, terms=(WeightedNode(total, ex.exact([1])),), offset=ex.exact([0]), low=None, high=None
    )
    for low, high in [(value.low, value.high)]:
        result = replace(result, low=low, high=high)
    return _with_clip(assembly, result) if value.clips else result


def times(assembly: Assembly, node: str, factor: Exact) -> str | None:
    """A node times dyadic numbers, exactly; None if they are not dyadic or too fine."""
    powers = ex.exponents(factor)
    if powers is not None:
        shift = int(powers.flat[0]) if powers.size == 1 else powers
        return assembly.add(Scale(shift), node, part="scaled")
    bits = ex.dyadic_bits(factor)
    if bits is None or bits > _GRID:
        return None
    return assembly.add(Mul(), node, assembly.number(ex.codes(factor, bits), bits, "factor"), part="scaled")


def rounded(assembly: Assembly, values: Exact, frac: int, part: str) -> str:
    """A constant of rational numbers rounded to `frac` fractional bits, half to even."""
    codes = [round(value * Fraction(2) ** frac) for value in values.flat]
    return assembly.number(np.array(codes, np.int64).reshape(values.shape), frac, part)


def need_nodes(assembly: Assembly, value: AffineValue) -> None:
    """Refuse a model input whose type is not known yet.

    Raises:
        EdgemlError: it is one; says which option to add.
    """
    if value.is_raw:
        raise EdgemlError(
            f"reads the model input {value.raw_input!r}, which nothing quantizes",
            assembly.layer,
            STATE_INPUT_TYPE,
        )


def _power_ratio(factor: Exact, base: Exact) -> int | None:
    """The power of two that every entry of `factor` is of `base`, if it is one."""
    if np.any(base == 0):
        return None
    powers = ex.exponents(ex.as_exact(factor / base))
    return None if powers is None or powers.size != 1 else int(powers.flat[0])


def _in_steps(assembly: Assembly, value: AffineValue, numbers: Exact) -> tuple[IntArray, int] | None:
    """Numbers of the value in steps of its node, with their fractional bits; None if they lie on no grid."""
    factor = value.only.factor
    if np.any(factor == 0):
        return None
    steps = ex.as_exact(numbers / factor)
    bits = ex.dyadic_bits(steps)
    if bits is None or bits > assembly.info(value.only.node).frac + _GRID:
        return None
    return ex.codes(steps, bits), bits


def _plus(assembly: Assembly, node: str, shift: tuple[IntArray, int], part: str) -> str:
    codes, bits = shift
    return assembly.add(Add(), node, assembly.number(codes, bits, f"{part}.offset"), part=part)


def _with_clip(assembly: Assembly, value: AffineValue) -> AffineValue:
    """A value of one term with its clip done by Max and Min on the node."""
    value = positive(assembly, value)
    node = value.only.node
    for end, op, name in ((value.low, Max(), "least"), (value.high, Min(), "most")):
        if end is None:
            continue
        bound = ex.as_exact(end - value.offset)
        steps = _in_steps(assembly, value, bound)
        if steps is None:
            assembly.inexact(
                "a clip at a number that is no multiple of the value's step is rounded to 2^-8 of it"
            )
            grid = assembly.info(node).frac + 8
            limit = rounded(assembly, ex.as_exact(bound / value.only.factor), grid, name)
            node = assembly.add(op, node, limit, part=f"clip.{name}")
        elif name == "least" and not np.any(steps[0]):
            node = assembly.add(Relu(), node, part="relu")
        else:
            node = assembly.add(op, node, assembly.number(*steps, name), part=f"clip.{name}")
    return replace(value, terms=(WeightedNode(node, value.only.factor),), low=None, high=None)


def positive(assembly: Assembly, value: AffineValue) -> AffineValue:
    """The same value with factors above zero: the node's sign is turned where a factor is negative.

    Raises:
        EdgemlError: a factor is zero.
    """
    factor = value.only.factor
    if np.all(factor > 0):
        return value
    if np.any(factor == 0):
        raise EdgemlError(
            "a channel is multiplied by zero", assembly.layer, "quantize the value before this layer"
        )
    signs = np.where(np.asarray(factor > 0, bool), 1, -1).astype(np.int64)
    node = assembly.add(Mul(), value.only.node, assembly.number(signs, 0, "sign"), part="turned")
    return replace(value, terms=(WeightedNode(node, ex.as_exact(abs(factor))),))


def _magnitude(value: Fraction) -> int:
    """The exponent e with 2^(e-1) <= value < 2^e; 0 of zero."""
    if value == 0:
        return 0
    estimate = value.numerator.bit_length() - value.denominator.bit_length()
    return estimate + 1 if value >= Fraction(2) ** estimate else estimate
