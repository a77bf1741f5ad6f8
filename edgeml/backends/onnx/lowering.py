"""The exact graph as an ONNX model: postpone casts, plan, emit.

To answer a new core op, add `ops/<op>.py` with `emit(terms, node, step) -> Term`, and its unit to `plan`.

Invariant: the model's outputs are exactly code * 2^-frac of the graph's outputs, for every float32 input and
for every input that holds codes times their LSB.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from edgeml.backend import Emitters, refusal_error
from edgeml.backends.onnx.plan import Plan, make_plan
from edgeml.backends.onnx.terms import Terms
from edgeml.ir import Graph
from edgeml.onnx_model import OnnxPort, OnnxVersion, OnnxWriter
from edgeml.passes import prepare
from edgeml.passes.postpone_casts import PostponeCasts

EMITTERS = Emitters("onnx")

VERSION = OnnxVersion(opset=13, ir_version=7)
"""Opset 13 and the IR version that came with it: ONNX Runtime has read both since 1.8."""

BATCH = "samples"
"""Name of the free first axis of every input and output."""

VALUES_KEY = "edgeml.values"
"""Metadata key: for each value of the graph its tensor, unit and layout, as JSON."""

_LARGEST_UNIT = 4096
"""A value with more units than this is not listed in the metadata."""

_DOC = (
    "Exact fixed-point network written by edgeml. Inputs are the network's floats; each is rounded inside to "
    "the type that metadata 'edgeml.inputs' states. Outputs are exactly code * 2^-frac. Each intermediate is "
    "an integer times a power of two that its float type holds exactly, so the result does not depend on the "
    "order of sums. Do not run it with reduced-precision matrix products (TF32, bfloat16)."
)


def plan_of(graph: Graph) -> Plan:
    """The plan of any graph; see `Plan.refusals` for what cannot be expressed or cannot be exact."""
    core = prepare(graph)
    unknown = EMITTERS.unknown(core)
    return Plan(core, {}, {}, {}, frozenset(), unknown) if unknown else plan_of_core(core)


def plan_of_core(core: Graph) -> Plan:
    """The plan of a prepared graph whose ops all have emitters."""
    return make_plan(PostponeCasts().apply(core))


def build_model(graph: Graph, plan: Plan) -> Any:
    """The ModelProto of a graph.

    Args:
        graph: as the user has it; its digest and types go into the metadata.
        plan: of that graph, without refusals.

    Raises:
        EdgemlError: an op cannot be exact.
    """
    if plan.refusals:
        raise refusal_error("onnx", plan.refusals)
    terms = Terms(plan, OnnxWriter("#"))
    for name in plan.graph.inputs:
        terms.writer.unique(name)
    for node in plan.graph.nodes:
        step = plan.steps[node.name]
        if not step.skip:
            op = step.fused.op if step.fused is not None else node.op
            terms.terms[node.name] = EMITTERS.load(op.op_name()).emit(terms, node, step)
    renamed = _outputs(terms)
    outputs = {name: output_tensor(graph, name) for name in dict.fromkeys(graph.outputs)}
    return terms.writer.finish(
        graph.name,
        [_port(plan, name, name) for name in graph.inputs],
        [_port(plan, name, tensor) for name, tensor in outputs.items()],
        VERSION,
        _metadata(graph, terms, renamed),
        _DOC,
    )


def _port(plan: Plan, name: str, tensor: str) -> OnnxPort:
    """A value of the graph as an input or output of the model."""
    return OnnxPort(tensor, (BATCH, *plan.graph.info(name).shape), name in plan.wide)


def output_tensor(graph: Graph, name: str) -> str:
    """The tensor of an output: its own name, unless it is an input as well, rounded."""
    return f"{name}/rounded" if name in graph.inputs else name


def _outputs(terms: Terms) -> Mapping[str, str]:
    """Bring the outputs into plain values under their own names; returns what was renamed."""
    names: dict[str, str] = {}
    for name in dict.fromkeys(terms.graph.outputs):
        tensor = _plain(terms, name)
        if tensor in terms.graph.inputs or tensor in names:
            tensor = terms.writer.new_node("Identity", [tensor], f"{name}/output")
        names[tensor] = output_tensor(terms.graph, name)
    changed = {tensor: name for tensor, name in names.items() if tensor != name}
    for name in names.values():
        if name not in names:  # something else may have the name of this output
            changed[name] = terms.writer.unique(f"{name}/codes")
    terms.writer.rename(changed)
    return changed


def _plain(terms: Terms, name: str) -> str:
    """The tensor with the plain values of an output."""
    double = name in terms.plan.wide
    if not terms.constant(name):
        return terms.fetch(name, 0, double)
    info = terms.graph.info(name)
    values = terms.scaled(terms.plan.constants[name], info.type.frac, 0, double, name)
    full = np.array(np.broadcast_to(values, info.shape))
    return terms.batch(terms.writer.shared_constant(full, f"{name}/value"), info.shape, name)


def _metadata(graph: Graph, terms: Terms, renamed: Mapping[str, str]) -> dict[str, str]:
    def types(names: tuple[str, ...]) -> str:
        return json.dumps({name: str(graph.info(name).type) for name in names})

    values: dict[str, dict[str, Any]] = {}
    for name, term in terms.terms.items():
        if name in graph.infos and np.size(term.unit) <= _LARGEST_UNIT:
            values[name] = {
                "tensor": renamed.get(term.tensor, term.tensor),
                "unit": np.asarray(term.unit).tolist(),
                "order": term.layout.order.value,
                "image": list(term.layout.image),
            }
    return {
        "edgeml.graph": graph.digest,
        "edgeml.inputs": types(graph.inputs),
        "edgeml.outputs": types(graph.outputs),
        VALUES_KEY: json.dumps(values),
    }
