"""The steps of a program: which ops become one function, and where every value lies.

A function computes an op and, while an element is at hand, the element-wise ops behind it: a convolution with
bias and cast writes 8-bit codes and no 32-bit sums to memory. Values that are other names for the same codes
(reshapes, powers of two) share their place.

Invariant: every value that a step reads is an input, a constant, or the result of an earlier step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from edgeml.backend import Refusal
from edgeml.backends.c.arena import Lifetime, places
from edgeml.backends.c.integers import CType, storage
from edgeml.fixed import FixedType, FixedTypeArray, Overflow, Round, cover
from edgeml.ir import Graph, Node
from edgeml.ir.bias import only_user
from edgeml.ir.kind import Kind
from edgeml.ir.ops._move import Move
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.const import Const
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.reshape import Reshape
from edgeml.ir.ops.scale import Scale


@dataclass(frozen=True)
class Step:
    """One function.

    Args:
        source: the op that it begins with; None if all are element-wise.
        chain: element-wise ops behind it, in order; each reads the source, earlier ones, or memory.
    """

    source: Node | None
    chain: tuple[Node, ...]

    @property
    def nodes(self) -> tuple[Node, ...]:
        """All ops, in order."""
        return (*([self.source] if self.source else ()), *self.chain)

    @property
    def result(self) -> str:
        """The value that it writes."""
        return self.nodes[-1].name


@dataclass(frozen=True)
class Program:
    """A graph as steps in their order.

    Args:
        graph: prepared, see `aligned`.
        steps: what runs.
        roots: for every value that is another name for codes elsewhere, or is in memory: where its codes are.
        refusals: none; a graph that verifies has sums of at most 63 bits, which int64_t holds.
    """

    graph: Graph
    steps: tuple[Step, ...]
    roots: Mapping[str, str]
    refusals: tuple[Refusal, ...] = ()

    @cached_property
    def direct(self) -> Mapping[str, str]:
        """The output that a step writes directly, by the step's result."""
        results = {step.result for step in self.steps}
        owners: dict[str, str] = {}
        for output in self.graph.outputs:
            root = self.roots.get(output, output)
            if root in results:
                owners.setdefault(root, output)
        return owners

    @cached_property
    def copies(self) -> tuple[tuple[str, str], ...]:
        """Outputs that are copied from elsewhere when all steps are done, with the place of their codes."""
        direct = set(self.direct.values())
        return tuple((name, self.roots.get(name, name)) for name in self.graph.outputs if name not in direct)

    def kind(self, value: str) -> CType:
        """The type of a value's codes in memory."""
        info = self.graph.info(value)
        return storage(int(info.lo.min()), int(info.hi.max()))

    def reads(self, step: Step) -> tuple[str, ...]:
        """The places that a step reads, each once, in order."""
        inner = {node.name for node in step.nodes}
        names = [name for node in step.nodes for name in node.inputs if name not in inner]
        constants = self.graph.constants
        return tuple(dict.fromkeys(self.roots[name] for name in names if name not in constants))

    @cached_property
    def _last_reads(self) -> Mapping[str, int]:
        """The number of the last step that needs each value in memory."""
        last = {step.result: at for at, step in enumerate(self.steps)}
        for at, step in enumerate(self.steps):
            last.update(dict.fromkeys(self.reads(step), at))
        return last

    @cached_property
    def slots(self) -> Mapping[str, str]:
        """For every result in the arena, the value that first has its bytes.

        An element-wise step writes its result over a value that nothing needs behind it, if elements have the
        same size and each is read just before it is written.
        """
        slots: dict[str, str] = {}
        for at, step in enumerate(self.steps):
            if step.result in self.direct:
                continue
            over = [
                name for name in self.reads(step) if name in slots and self._can_overwrite(name, at, step)
            ]
            slots[step.result] = slots[over[0]] if over and step.source is None else step.result
        return slots

    def _can_overwrite(self, value: str, at: int, step: Step) -> bool:
        aliases = {name for node in step.nodes for name in node.inputs if self.roots.get(name) == value}
        shape = self.graph.info(step.result).shape
        return (
            self._last_reads[value] == at
            and self.kind(value).size == self.kind(step.result).size
            and all(self.graph.info(name).shape == shape for name in aliases)
        )

    @cached_property
    def lifetimes(self) -> Mapping[str, Lifetime]:
        """The memory that the results of steps need, by slot, but for those that are outputs."""
        result: dict[str, Lifetime] = {}
        for at, step in enumerate(self.steps):
            if step.result in self.direct:
                continue
            slot, last = self.slots[step.result], self._last_reads[step.result]
            if slot in result:
                result[slot] = replace(result[slot], last=last)
            else:
                item = self.kind(step.result).size
                result[slot] = Lifetime(self.graph.info(step.result).size * item, at, last, item)
        return result

    @cached_property
    def arena(self) -> Mapping[str, int]:
        """The first byte in the arena of every value in it."""
        by_slot = places(self.lifetimes)
        return {value: by_slot[slot] for value, slot in self.slots.items()}

    @property
    def arena_bytes(self) -> int:
        """Bytes of the arena, a multiple of the widest alignment in it."""
        end = max((self.arena[name] + one.size for name, one in self.lifetimes.items()), default=0)
        widest = max((one.alignment for one in self.lifetimes.values()), default=1)
        return -(-end // widest) * widest


def program(core: Graph) -> Program:
    """The steps of a prepared graph."""
    graph = aligned(core)
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
    return _joined(Program(graph, tuple(step for _, step in steps), roots))


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


def aligned(core: Graph) -> Graph:
    """The graph with one LSB in every value that an op reads, but for ops that read codes as they are.

    Where elements have LSBs of their own, an exact cast to the finest of them stands before the op.
    """
    nodes: list[Node] = []
    names = {node.name for node in core.nodes}
    finest: dict[str, str] = {}
    for node in core.nodes:
        sources = list(node.inputs)
        if not isinstance(node.op, Cast | Scale | Move):
            for at, name in enumerate(sources):
                if _is_mixed(core, name) and not isinstance(core.node(name).op, Const):
                    if name not in finest:
                        finest[name] = _free(f"{name}.aligned", names)
                        nodes.append(Node(finest[name], _exact_cast(core, name), (name,)))
                    sources[at] = finest[name]
        nodes.append(Node(node.name, node.op, tuple(sources)))
    return Graph(core.name, nodes, core.outputs) if finest else core


def _is_mixed(graph: Graph, name: str) -> bool:
    kind = graph.info(name).type
    return isinstance(kind, FixedTypeArray) and bool(np.any(kind.frac != kind.frac.flat[0]))


def _exact_cast(graph: Graph, name: str) -> Cast:
    """To the narrowest type with the finest LSB that holds all values."""
    info = graph.info(name)
    frac = int(np.max(info.type.frac))
    lo, hi = info.aligned(frac)
    to: FixedType = cover(int(lo.min()), int(hi.max()), frac)
    return Cast(to, Round.TRN, Overflow.WRAP)


def _free(stem: str, names: set[str]) -> str:
    name = stem
    while name in names:
        name += "_"
    names.add(name)
    return name
