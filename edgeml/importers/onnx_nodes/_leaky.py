"""x where positive, slope * x elsewhere: max(x, slope * x) for slopes between zero and one."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.importers.affine import exact as ex
from edgeml.importers.affine import settle
from edgeml.importers.affine.assembly import Assembly
from edgeml.importers.affine.exact import Exact
from edgeml.importers.affine.value import AffineValue, WeightedNode
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.max import Max
from edgeml.ir.ops.min import Min
from edgeml.ir.ops.relu import Relu
from edgeml.ir.steps import FLOAT32_BITS
from edgeml.settings import per_layer


def leaky(assembly: Assembly, value: AffineValue, slope: Exact) -> AffineValue:
    """The value where it is positive, else times a slope per element of the node.

    Raises:
        EdgemlError: a slope too small to be represented.
    """
    value = settle.anchored(assembly, value)
    if np.any(value.only.factor <= 0):
        value = settle.dyadic(assembly, value)
    bits = per_layer(assembly.options.factor_bits, assembly.layer) or FLOAT32_BITS
    rounded = ex.as_exact(np.frompyfunc(lambda number: _significant(number, bits), 1, 1)(slope))
    if np.any(rounded != slope):
        assembly.inexact(f"a slope is rounded to {bits} significant bits", "use a slope such as 0.125")
    node = value.only.node
    steep = bool(np.any(slope < 0) or np.any(slope > 1))
    below = (
        assembly.add(Min(), node, assembly.number(np.array(0), 0, "zero"), part="below") if steep else node
    )
    scaled = settle.times(assembly, below, rounded)
    if scaled is None:
        raise EdgemlError("a slope too small", hint="use 0.125")
    if steep:
        node = assembly.add(Add(), assembly.add(Relu(), node, part="above"), scaled, part="leaky")
    else:
        node = assembly.add(Max(), node, scaled, part="leaky")
    return replace(value, terms=(WeightedNode(node, value.only.factor),))


def _significant(number: Fraction, bits: int) -> Fraction:
    """A number at so many significant bits, no finer than 2^-24."""
    if number == 0:
        return number
    exponent = number.numerator.bit_length() - number.denominator.bit_length()
    unit = Fraction(2) ** max(exponent - bits + 1, -24)
    return round(number / unit) * unit
