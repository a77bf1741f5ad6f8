"""A wide region that is linear in its leaves, in limbs: a residual sum of two scales.

The region's codes are floor((m1 * a + m2 * b + o) / 2^f), saturated. The low f bits of m1, m2 and o are cut
into limbs so narrow that their sums stay below 2^24; each limb's sum, less its own bits, is carried into the
next one, as in long addition. The parts of m1, m2 and o above 2^f are small.

Invariant: every product and sum lies on a grid of its own and has at most 24 bits, so float32 is exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edgeml.backends.qonnx.model import QonnxModel, QonnxTensor
from edgeml.fixed import FixedType, IntArray, Overflow, Round
from edgeml.ir import Graph, Node
from edgeml.ir.layout import LAST, arrange
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.mul import Mul
from edgeml.ir.ops.scale import Scale
from edgeml.ir.region import CastRegion
from edgeml.ir.steps import FLOAT32_BITS

_MOST_LIMBS = 8


@dataclass(frozen=True)
class LinearForm:
    """Integers by leaf and one more: their sum is the value's code at `frac`."""

    factors: Mapping[str, IntArray]
    offset: IntArray
    frac: int

    def shifted(self, bits: int) -> LinearForm:
        """The same value at more fractional bits."""
        factors = {name: factor << bits for name, factor in self.factors.items()}
        return LinearForm(factors, self.offset << bits, self.frac + bits)


@dataclass(frozen=True)
class QonnxLimbs:
    """A region cut into limbs.

    Args:
        region: linear, ending in a cast that takes the floor.
        form: of the value before the cast, at no fewer fractional bits than the cast's.
        widths: bits of each limb, the lowest first; they sum up to the bits that the cast drops.
    """

    region: CastRegion
    form: LinearForm
    widths: tuple[int, ...]


def limbs(graph: Graph, region: CastRegion) -> QonnxLimbs | None:
    """The limbs of a region, if it is linear and few narrow ones do."""
    op, end = region.end.op, graph.info(region.end.name)
    assert isinstance(op, Cast) and isinstance(op.to, FixedType)
    if op.rounding not in (Round.TRN, Round.RND) or op.overflow not in (Overflow.SAT, Overflow.SAT_SYM):
        return None
    if (op.to.signed and op.to.width < 2) or any(
        graph.info(name).shape != end.shape for name in region.leaves
    ):
        return None
    form = _form(graph, region)
    if form is None:
        return None
    if form.frac < op.to.frac:
        form = form.shifted(op.to.frac - form.frac)
    drop = form.frac - op.to.frac
    if op.rounding is Round.RND and drop:
        half = np.asarray(form.offset) + (1 << (drop - 1))
        form = LinearForm(form.factors, half, form.frac)
    peaks = {name: _peak(graph, name) for name in region.leaves}
    room = FLOAT32_BITS - 1 - (sum(peaks.values()) + 2).bit_length()
    top = sum(peaks[name] * _largest(factor >> drop) for name, factor in form.factors.items())
    top += _largest(form.offset >> drop) + sum(peaks.values()) + 2
    if room < 1 or top >= 1 << FLOAT32_BITS or -(-drop // room) > _MOST_LIMBS:
        return None
    widths = tuple(min(room, drop - done) for done in range(0, drop, room))
    return QonnxLimbs(region, form, widths)


def _peak(graph: Graph, name: str) -> int:
    info = graph.info(name)
    return int(max(abs(int(info.lo.min())), abs(int(info.hi.max()))))


def _largest(values: IntArray) -> int:
    return int(np.max(np.abs(values), initial=0))


def _form(graph: Graph, region: CastRegion) -> LinearForm | None:
    """The linear form of what the last cast reads; None if an op is not linear."""
    forms: dict[str, LinearForm] = {}
    for name in region.leaves:
        kind = graph.info(name).type
        if not isinstance(kind, FixedType):
            return None
        forms[name] = LinearForm({name: np.array(1, np.int64)}, np.array(0, np.int64), kind.frac)
    for node in region.nodes[:-1]:
        form = _of_op(graph, node, forms)
        if form is None:
            return None
        forms[node.name] = form
    return forms[region.end.inputs[0]]


def _of_op(graph: Graph, node: Node, forms: Mapping[str, LinearForm]) -> LinearForm | None:
    parts: list[LinearForm] = []
    for name in node.inputs:
        kind = graph.info(name).type
        if name in forms:
            parts.append(forms[name])
        elif isinstance(kind, FixedType):
            parts.append(LinearForm({}, graph.constants[name], kind.frac))
        else:
            return None
    match node.op:
        case Add():
            frac = max(part.frac for part in parts)
            a, b = (part.shifted(frac - part.frac) for part in parts)
            zero = np.array(0, np.int64)
            names = dict.fromkeys((*a.factors, *b.factors))
            factors = {name: a.factors.get(name, zero) + b.factors.get(name, zero) for name in names}
            return LinearForm(factors, a.offset + b.offset, frac)
        case Mul():
            value, constant = sorted(parts, key=lambda part: not part.factors)
            if constant.factors:
                return None
            by = constant.offset
            factors = {name: factor * by for name, factor in value.factors.items()}
            return LinearForm(factors, value.offset * by, value.frac + constant.frac)
        case Scale(shift=int() as shift):
            return LinearForm(parts[0].factors, parts[0].offset, parts[0].frac - shift)
        case _:
            return None


def emit(model: QonnxModel, cut: QonnxLimbs) -> QonnxTensor:
    """Limb by limb: products, their sum, its floor; then the sum of what lies above them, quantized."""
    region, form, node = cut.region, cut.form, cut.region.end
    op = node.op
    assert isinstance(op, Cast) and isinstance(op.to, FixedType)
    layouts = {model.tensors[name].layout for name in region.leaves}
    layout = layouts.pop() if len(layouts) == 1 else LAST
    tensors = {name: model.value(name, layout) for name in region.leaves}
    shape = model.shape(node.name)

    def total(low: int, width: int | None, unit: int, carry: str) -> str:
        """The sum of one limb of every number, times 2^unit; a carry counts its lowest bits."""

        def limb(values: IntArray) -> IntArray:
            return values >> low if width is None else (values >> low) & ((1 << width) - 1)

        def constant(values: IntArray, exponent: int) -> str:
            numbers = np.ldexp(values.astype(np.float64), exponent)
            tensor = arrange(np.broadcast_to(numbers, shape), shape, layout)[np.newaxis]
            return model.parameter(tensor, f"{node.name}_limb")

        terms: list[str] = []
        for name, factor in form.factors.items():
            kind = model.graph.info(name).type
            assert isinstance(kind, FixedType)
            scale = constant(limb(factor), unit + kind.frac)
            terms.append(model.node("Mul", [tensors[name], scale], model.unique(f"{node.name}_product")))
        if carry:
            power = constant(np.array(1, np.int64), unit)
            terms.append(model.node("Mul", [carry, power], model.unique(f"{node.name}_carried")))
        result = terms[0]
        for term in terms[1:]:
            result = model.node("Add", [result, term], model.unique(f"{node.name}_sum"))
        rest = limb(form.offset)
        if np.any(rest):
            result = model.node("Add", [result, constant(rest, unit)], model.unique(f"{node.name}_sum"))
        return result

    carry, low = "", 0
    for width in cut.widths:
        summed = total(low, width, -width, carry)
        carry = model.quant(
            summed,
            model.unique(f"{node.name}_carry"),
            signed=True,
            width=FLOAT32_BITS,
            frac=np.zeros(1, np.int64),
            mode="FLOOR",
        )
        low += width
    result = model.quant(
        total(low, None, -op.to.frac, carry),
        model.output_name(node.name, layout),
        signed=op.to.signed,
        width=op.to.width,
        frac=np.full(1, op.to.frac),
        mode="FLOOR",
        narrow=op.overflow is Overflow.SAT_SYM and op.to.signed,
    )
    return QonnxTensor(result, layout)
