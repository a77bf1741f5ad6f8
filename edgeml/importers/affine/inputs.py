"""Model inputs: floats of the user's data become integers by the model's first quantizer or a stated type.

Invariant: an input is one `Input` node. If the source quantizes it by a power of two, the node takes the data
themselves; otherwise it takes the quantizer's codes, and a scale and a zero point say what the data are
times.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType, IntArray, Overflow
from edgeml.importers.affine import exact as ex
from edgeml.importers.affine.assembly import Assembly
from edgeml.importers.affine.value import STATE_INPUT_TYPE, AffineValue, of_node
from edgeml.ir.info import Shape
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.max import Max
from edgeml.ir.ops.min import Min

if TYPE_CHECKING:
    from edgeml.importers.affine.quantizer import SourceQuantizer


@dataclass(frozen=True, eq=False)
class InputPort:
    """The conversion of data of the source to an input of the graph.

    Args:
        tensor: the source's name of it.
        index: of the source's tensor, see `AffineValue`.
        shape: of the graph's input.
    """

    tensor: str
    index: IntArray
    shape: Shape


def model_input(
    assembly: Assembly, tensor: str, shape: Shape, index: IntArray, own: FixedType | None = None
) -> tuple[AffineValue, InputPort]:
    """A model input; a node of the graph at once if its type is stated.

    Args:
        assembly: where to add it.
        tensor: its name.
        shape: of the graph's input.
        index: where the source's elements lie in it.
        own: the type of an input that the model itself declares as integers.

    Raises:
        EdgemlError: the stated type has fractions, the model's input is of integers.
    """
    port = InputPort(tensor, index, shape)
    stated = assembly.options.type_of(tensor)
    if own is not None and stated is not None and stated.frac > 0:
        raise EdgemlError(
            f"the model's input {tensor!r} is of integers, the type {stated} has fractions",
            assembly.layer,
            f"leave the type out; the model states {own}",
        )
    kind = stated or own
    if kind is not None:
        node = assembly.graph.add(Input(shape, kind), name=tensor)
        assembly.note(
            f"the input {tensor} is rounded to {kind} (half to even, saturated) before the model sees it"
        )
        value = of_node(node, shape, index)
        assembly.watch(tensor, value)
        return value, port
    raw = AffineValue((), shape, index, ex.exact([0]), raw_input=tensor, raw_factor=ex.exact([1]))
    return raw, port


def quantized_input(assembly: Assembly, value: AffineValue, by: SourceQuantizer) -> AffineValue:
    """The input node that the model's first quantizer makes.

    Raises:
        EdgemlError: the quantizer is none that data can be put through; says which type to state.
    """
    assert value.raw_factor is not None
    numbers = (value.raw_factor, value.offset, by.scale, by.zero_point)
    rounding = by.rounding.native
    if value.function is not None or by.bipolar or rounding is None or not all(map(ex.is_scalar, numbers)):
        raise EdgemlError(
            f"the input {value.raw_input!r} is quantized in a way that data cannot be rounded in directly",
            assembly.layer,
            STATE_INPUT_TYPE,
        )
    factor, offset, scale, zero = (ex.scalar(number) for number in numbers)
    kind = by.code_range()
    narrow = kind.signed and by.low == -by.high == kind.lo + 1
    overflow = Overflow.SAT_SYM if narrow else Overflow.SAT
    step = scale / factor
    power = ex.exponents(ex.as_exact([step]))
    if power is not None and zero + offset / scale == 0:
        kind = FixedType(kind.signed, kind.width, -int(power[0]))
        node = _node(assembly, value, Input(value.shape, kind, rounding, overflow), Fraction(1), 0)
        result = of_node(node, value.shape, value.index, value.raw_factor)
        codes_frac = kind.frac
    else:
        point = zero + offset / scale
        if step < 0 or point.denominator != 1:
            raise EdgemlError(
                f"the input {value.raw_input!r} is moved by {float(point):g} steps of its quantizer",
                assembly.layer,
                STATE_INPUT_TYPE,
            )
        node = _node(assembly, value, Input(value.shape, kind, rounding, overflow), step, int(point))
        result = by.value_of(node, value.shape, value.index)
        codes_frac = 0
    return _clipped(assembly, value, by, result, codes_frac)


def _clipped(
    assembly: Assembly, value: AffineValue, by: SourceQuantizer, result: AffineValue, frac: int
) -> AffineValue:
    """The input's codes within the clip that stood before the quantizer."""
    node = result.only.node
    for end, op, name in ((value.low, Max(), "least"), (value.high, Min(), "most")):
        if end is None:
            continue
        code = by.rounding.apply(ex.scalar(end) / ex.scalar(by.scale) + ex.scalar(by.zero_point))
        info = assembly.info(node)
        if (name == "least" and np.any(info.lo < code)) or (name == "most" and np.any(info.hi > code)):
            node = assembly.add(op, node, assembly.number(np.array(code), frac, name), part=f"clip.{name}")
    (term,) = result.terms
    return replace(result, terms=(replace(term, node=node),))


def _node(assembly: Assembly, value: AffineValue, op: Input, scale: Fraction, zero_point: int) -> str:
    """The Input node, one for all quantizers that are alike."""
    existing = assembly.inputs.get(value.raw_input)
    if existing is None:
        node = assembly.graph.add(op, name=value.raw_input)
        assembly.inputs[value.raw_input] = (node, scale, zero_point)
        return node
    node, other_scale, other_point = existing
    there = assembly.graph.node(node)
    if there is None or there.op != op or (other_scale, other_point) != (scale, zero_point):
        raise EdgemlError(
            f"quantizes the input {value.raw_input!r} to {op.type}, another node quantizes it in another way",
            assembly.layer,
            STATE_INPUT_TYPE,
        )
    return node
