"""The plan of a program: which ops become one function, what is kept in memory, and what runs when.

A function computes an op and, while an element is at hand, the element-wise ops behind it: a convolution with
bias and cast writes 8-bit codes and no 32-bit sums to memory. Values that are other names for the same codes
(reshapes, powers of two) share their place.
"""

from __future__ import annotations

from dataclasses import replace

from edgeml.backends.c.order import ordered
from edgeml.backends.c.rewrite import aligned, without_twins
from edgeml.backends.c.steps import Program, Step
from edgeml.ir import Graph, Node
from edgeml.ir.bias import only_user
from edgeml.ir.kind import Kind
from edgeml.ir.ops._move import Move
from edgeml.ir.ops.const import Const
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.reshape import Reshape
from edgeml.ir.ops.scale import Scale


def program(core: Graph) -> Program:
    """The steps of a prepared graph."""
    graph = without_twins(aligned(core))
    steps: list[tuple[int, Step]] = []
    roots = {name: name for name in graph.inputs}
    order = {node.name: at for at, node in enumerate(graph.nodes)}
    placed: set[str] = set()
    for node in graph.nodes:
        if isinstance(node.op, Input | Const) or node.name in placed:
            continue
        if isinstance(node.op, Reshape | Scale):
            roots[node.name] = roots[node.inputs[0]]
            continue
        step = _step(graph, node, placed)
        placed |= {one.name for one in step.nodes}
        roots[step.result] = step.result
        steps.append((order[step.result], step))
    steps.sort(key=lambda pair: pair[0])
    return ordered(_cut(_joined(Program(graph, tuple(step for _, step in steps), roots))))


def _joined(program: Program) -> Program:
    """The program without element-wise steps whose results one element-wise op reads at the same place.

    Such a step becomes a part of the one that reads it: its numbers, often wider than what they are made of,
    then need no memory.
    """
    order = {node.name: at for at, node in enumerate(program.graph.nodes)}
    steps = {step.result: step for step in program.steps}
    owners = {node.name: step.result for step in program.steps for node in step.chain}
    for step in program.steps:
        user = only_user(program.graph, step.result)
        if step.source is not None or user is None or user.name not in owners:
            continue
        owner = steps[owners[user.name]]
        if program.graph.info(step.result).shape == program.graph.info(owner.result).shape:
            own = steps.pop(step.result)
            chain = sorted((*own.chain, *owner.chain), key=lambda node: order[node.name])
            steps[owner.result] = Step(owner.source, tuple(chain))
            owners.update({node.name: owner.result for node in own.chain})
    return replace(program, steps=tuple(steps.values()))


def _cut(program: Program) -> Program:
    """The program in which the last ops of a step move to the one step that reads them, if that saves memory.

    What is kept between the steps is then the narrowest number of the chain: an 8-bit code, not its product
    with a factor.
    """
    order = {node.name: at for at, node in enumerate(program.graph.nodes)}
    steps = {step.result: step for step in program.steps}
    roots = dict(program.roots)
    for name in list(steps):
        user = only_user(program.graph, name)
        owner = next((one for one in steps.values() if user in one.chain), None)
        if user is None or owner is None:
            continue
        if program.graph.info(user.name).shape != program.graph.info(name).shape:
            continue
        at = _narrowest(program, steps[name])
        nodes = steps[name].nodes
        if at == len(nodes) - 1:
            continue
        narrow = steps.pop(name)
        narrow = Step(narrow.source, tuple(node for node in nodes[: at + 1] if node is not narrow.source))
        chain = sorted((*nodes[at + 1 :], *owner.chain), key=lambda node: order[node.name])
        steps[narrow.result] = narrow
        steps[owner.result] = Step(owner.source, tuple(chain))
        roots[narrow.result] = narrow.result
    return replace(
        program, steps=tuple(sorted(steps.values(), key=lambda one: order[one.result])), roots=roots
    )


def _narrowest(program: Program, step: Step) -> int:
    """The number of the op of a step behind which the least memory is needed; the last one if there is none.

    Ops behind it read nothing else than its result and constants.
    """
    nodes, constants = step.nodes, program.graph.constants
    best = len(nodes) - 1
    inside: set[str] = set()
    for at in range(len(nodes) - 2, -1, -1):
        inside.add(nodes[at + 1].name)
        name = nodes[at].name
        read = {source for node in nodes[at + 1 :] for source in node.inputs if source not in constants}
        if read - inside == {name} and program.size(name) < program.size(nodes[best].name):
            best = at
    return best


def _step(graph: Graph, first: Node, placed: set[str]) -> Step:
    """The step that begins with an op."""
    chain = [first]
    while not isinstance(chain[-1].op, Move) and first.op.op_name() not in ("concat", "pad"):
        user = only_user(graph, chain[-1].name)
        if user is None or user.op.kind is not Kind.POINTWISE or user.name in placed:
            break
        if graph.info(user.name).shape != graph.info(first.name).shape:
            break
        chain.append(user)
    if first.op.kind is Kind.POINTWISE:
        return Step(None, tuple(chain))
    return Step(first, tuple(chain[1:]))
