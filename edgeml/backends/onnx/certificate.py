"""The proof behind the exact model, as data: what every op can reach, what it needs, what carries it.

Invariant: `margin` is never negative in a graph without refusals, and the ops of a refusal are the rows
whose carrier is "none".
"""

from __future__ import annotations

from edgeml.backends.onnx.lowering import plan_of
from edgeml.backends.onnx.plan import CarrierPlan, CarrierStep
from edgeml.documents import Record
from edgeml.fixed import cover
from edgeml.ir import Graph
from edgeml.ir.steps import FLOAT32_BITS, FLOAT64_BITS


class CertifiedOp(Record):
    """The proof that the exact model is right at one op.

    Attributes:
        node: its name; an op that the back end added or reordered has the name it has in the model.
        layer: where it comes from.
        op: its kind.
        type: of the result, as text.
        lo: smallest code the result can take, at the finest LSB among its elements.
        hi: largest code, likewise.
        width: bits of the type.
        needed: bits that the interval needs; the rest of the type's bits can never be used.
        headroom: width - needed.
        bits: magnitude bits of the largest partial sum, in steps of the grid on which it lies.
        carrier: "float32", "float64", or "none" if neither is exact.
        margin: bits the carrier could still take.
    """

    node: str
    layer: str
    op: str
    type: str
    lo: int
    hi: int
    width: int
    needed: int
    headroom: int
    bits: int
    carrier: str
    margin: int


def certificate(graph: Graph) -> tuple[CertifiedOp, ...]:
    """The proofs for all ops, in the order of execution; constants are left out.

    A graph with an op that cannot be exact has a certificate as well; the carrier of that op is "none".
    """
    plan = plan_of(graph)
    return tuple(_certified(plan, step) for name, step in plan.steps.items() if name not in plan.constants)


def _certified(plan: CarrierPlan, step: CarrierStep) -> CertifiedOp:
    node, info = step.node, plan.graph.info(step.node.name)
    refused = any(refusal.node == node.name for refusal in plan.refusals)
    limit = FLOAT64_BITS if step.double else FLOAT32_BITS
    lo, hi = info.aligned(info.frac)
    least, most = int(lo.min()), int(hi.max())
    scalar = info.scalar
    needed = min(cover(least, most, scalar.frac).width + (scalar.signed and least >= 0), scalar.width)
    return CertifiedOp(
        node=node.name,
        layer=node.layer,
        op=node.op.op_name(),
        type=str(info.type),
        lo=least,
        hi=most,
        width=scalar.width,
        needed=needed,
        headroom=scalar.width - needed,
        bits=step.bits,
        carrier="none" if refused else "float64" if step.double else "float32",
        margin=limit - step.bits,
    )
