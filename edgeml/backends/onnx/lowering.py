"""The exact graph as an ONNX model: postpone casts, plan, emit.

A new core op takes one file, `ops/<op>.py`; `ops/__init__.py` says what is in it.

Invariant: the model's outputs are exactly code * 2^-frac of the graph's outputs, for every float32 input and
for every input that holds codes times their LSB.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from edgeml.backend import refusal_error
from edgeml.backends.onnx.carriers import RULES, CarrierRule, integer_kernels, integer_plan
from edgeml.backends.onnx.model import ExactModel, ScaledTensor
from edgeml.backends.onnx.plan import EMITTERS, CarrierPlan, CarrierStep, make_plan
from edgeml.ir import Graph, Node
from edgeml.onnx_model import OnnxPort, OnnxVersion, OnnxWriter
from edgeml.passes import prepare
from edgeml.passes.postpone_casts import PostponeCasts

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


def plan_of(graph: Graph) -> CarrierPlan:
    """The plan of any graph; see `CarrierPlan.refusals` for what cannot be expressed or cannot be exact."""
    core = prepare(graph)
    unknown = EMITTERS.unknown(core)
    return CarrierPlan(core, {}, {}, {}, frozenset(), unknown) if unknown else plan_of_core(core)


def plan_of_core(core: Graph) -> CarrierPlan:
    """The plan of a prepared graph whose ops all have emitters."""
    return make_plan(PostponeCasts().apply(core))


def emit_exact(model: ExactModel, node: Node, step: CarrierStep) -> ScaledTensor:
    """Add the nodes of one op of the plan, by its own file or by that of the product whose bias it is."""
    op = step.fused.op if step.fused is not None else node.op
    return EMITTERS.function(op.op_name(), "emit", "model, node, step")(model, node, step)


@dataclass(frozen=True)
class OnnxDialect:
    """A way to write a planned graph in standard ops.

    Args:
        back_end: whose it is, for errors.
        doc: the model's description.
        emit: adds the nodes of one op.
        version: of ops and file format.
        config: of the session that runs it.
    """

    back_end: str
    doc: str
    emit: Callable[[ExactModel, Node, CarrierStep], ScaledTensor]
    version: OnnxVersion
    config: Mapping[str, str]


EXACT = OnnxDialect("onnx", _DOC, emit_exact, VERSION, MappingProxyType({}))
"""Integers times a power of two, in floats."""


def emulator_plan(graph: Graph, rules: tuple[CarrierRule, ...] = RULES) -> CarrierPlan:
    """The plan for the emulator: as `plan_of`, with integer kernels where they are exact and faster."""
    core = prepare(graph)
    if EMITTERS.unknown(core):
        return plan_of(graph)
    keep = frozenset(integer_kernels(core, rules))
    plan = make_plan(PostponeCasts(keep).apply(core))
    integers = integer_plan(plan.graph, rules)
    inner = {name for kernel in integers.kernels.values() for name in kernel.members[:-1]}
    steps = {name: replace(step, skip=step.skip or name in inner) for name, step in plan.steps.items()}
    return replace(plan, steps=steps, integers=integers)


def build_model(graph: Graph, plan: CarrierPlan, dialect: OnnxDialect = EXACT) -> Any:
    """The ModelProto of a graph.

    Args:
        graph: as the user has it; its digest and types go into the metadata.
        plan: of that graph, without refusals.
        dialect: how to write it.

    Raises:
        EdgemlError: an op cannot be exact.
    """
    if plan.refusals:
        raise refusal_error(dialect.back_end, plan.refusals)
    model = ExactModel(plan, OnnxWriter("#"))
    for name in plan.graph.inputs:
        model.writer.unique(name)
    for node in plan.graph.nodes:
        step = plan.steps[node.name]
        if not step.skip:
            model.tensors[node.name] = dialect.emit(model, node, step)
    renamed = _outputs(model)
    outputs = {name: output_tensor(graph, name) for name in dict.fromkeys(graph.outputs)}
    return model.writer.finish(
        graph.name,
        [_port(plan, name, name) for name in graph.inputs],
        [_port(plan, name, tensor) for name, tensor in outputs.items()],
        dialect.version,
        _metadata(graph, model, renamed),
        dialect.doc,
    )


def _port(plan: CarrierPlan, name: str, tensor: str) -> OnnxPort:
    """A value of the graph as an input or output of the model."""
    return OnnxPort(tensor, (BATCH, *plan.graph.info(name).shape), name in plan.wide)


def output_tensor(graph: Graph, name: str) -> str:
    """The tensor of an output: its own name, unless it is an input as well, rounded."""
    return f"{name}/rounded" if name in graph.inputs else name


def _outputs(model: ExactModel) -> Mapping[str, str]:
    """Bring the outputs into plain values under their own names; returns what was renamed."""
    names: dict[str, str] = {}
    for name in dict.fromkeys(model.graph.outputs):
        tensor = _plain(model, name)
        if tensor in model.graph.inputs or tensor in names:
            tensor = model.writer.new_node("Identity", [tensor], f"{name}/output")
        names[tensor] = output_tensor(model.graph, name)
    changed = {tensor: name for tensor, name in names.items() if tensor != name}
    for name in names.values():
        if name not in names:  # something else may have the name of this output
            changed[name] = model.writer.unique(f"{name}/codes")
    model.writer.rename(changed)
    return changed


def _plain(model: ExactModel, name: str) -> str:
    """The tensor with the plain values of an output."""
    double = name in model.plan.wide
    if not model.constant(name):
        return model.fetch(name, 0, double)
    info = model.graph.info(name)
    values = model.scaled(model.plan.constants[name], info.type.frac, 0, double, name)
    full = np.array(np.broadcast_to(values, info.shape))
    return model.batch(model.writer.shared_constant(full, f"{name}/value"), info.shape, name)


def _metadata(graph: Graph, model: ExactModel, renamed: Mapping[str, str]) -> dict[str, str]:
    def types(names: tuple[str, ...]) -> str:
        return json.dumps({name: str(graph.info(name).type) for name in names})

    values: dict[str, dict[str, Any]] = {}
    for name, tensor in model.tensors.items():
        if np.size(tensor.unit) <= _LARGEST_UNIT:
            values[name] = {
                "tensor": renamed.get(tensor.tensor, tensor.tensor),
                "unit": np.asarray(tensor.unit).tolist(),
                "order": tensor.layout.order.value,
                "image": list(tensor.layout.image),
            }
    return {
        "edgeml.graph": graph.digest,
        "edgeml.inputs": types(graph.inputs),
        "edgeml.outputs": types(graph.outputs),
        VALUES_KEY: json.dumps(values),
    }
