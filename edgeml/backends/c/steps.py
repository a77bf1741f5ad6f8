"""The steps of a program and where every value lies.

A step is one function of C. It computes an op and, while an element is at hand, the element-wise ops behind
it. Its result is written over a value that nothing needs any more, where the step reads that value's bytes
before it writes them: element-wise at the same place, or in a window that begins at or behind it.

Invariant: every value that a step reads is an input, a constant, or the result of an earlier step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from edgeml.backend import Refusal
from edgeml.backends.c.arena import Lifetime, ends, places
from edgeml.backends.c.integers import CType, storage
from edgeml.ir import Graph, Node
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.sum_pool import SumPool


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
        graph: prepared, see `edgeml.backends.c.rewrite`.
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

    def size(self, value: str) -> int:
        """Bytes of a value's codes in memory."""
        return self.graph.info(value).size * self.kind(value).size

    def reads(self, step: Step) -> tuple[str, ...]:
        """The places that a step reads, each once, in order."""
        inner = {node.name for node in step.nodes}
        names = [name for node in step.nodes for name in node.inputs if name not in inner]
        constants = self.graph.constants
        return tuple(dict.fromkeys(self.roots[name] for name in names if name not in constants))

    @cached_property
    def last_reads(self) -> Mapping[str, int]:
        """The number of the last step that needs each value in memory."""
        last = {step.result: at for at, step in enumerate(self.steps)}
        for at, step in enumerate(self.steps):
            last.update(dict.fromkeys(self.reads(step), at))
        return last

    @cached_property
    def slots(self) -> Mapping[str, str]:
        """For every result in the arena, the value that first has its first byte."""
        slots: dict[str, str] = {}
        for at, step in enumerate(self.steps):
            if step.result in self.direct:
                continue
            over = [
                name for name in self.reads(step) if name in slots and self._is_overwritten(name, at, step)
            ]
            slots[step.result] = slots[over[0]] if over else step.result
        return slots

    def _is_overwritten(self, value: str, at: int, step: Step) -> bool:
        """True if a step reads each byte of a value before it writes that byte, and nothing else needs it."""
        if self.last_reads[value] != at or self.kind(value).size != self.kind(step.result).size:
            return False
        chain = [name for node in step.chain for name in node.inputs if self.roots.get(name) == value]
        if step.source is not None and value in (self.roots.get(name) for name in step.source.inputs):
            return not chain and _reads_ahead(step.source)
        shape = self.graph.info(step.result).shape
        return all(self.graph.info(name).shape == shape for name in chain)

    @cached_property
    def lifetimes(self) -> Mapping[str, tuple[Lifetime, ...]]:
        """The memory that the results of steps need, by slot, but for those that are outputs.

        All values of a slot begin at its first byte.
        """
        result: dict[str, tuple[Lifetime, ...]] = {}
        for at, step in enumerate(self.steps):
            if step.result not in self.direct:
                item = self.kind(step.result).size
                one = Lifetime(self.size(step.result), at, self.last_reads[step.result], item)
                slot = self.slots[step.result]
                result[slot] = (*result.get(slot, ()), one)
        return result

    def used(self, at: int) -> int:
        """Bytes of the arena that hold values while a step runs."""
        return sum(
            max((one.size for one in slot if one.first <= at <= one.last), default=0)
            for slot in self.lifetimes.values()
        )

    @cached_property
    def arena(self) -> Mapping[str, int]:
        """The first byte in the arena of every value in it."""
        by_slot = places(self.lifetimes)
        return {value: by_slot[slot] for value, slot in self.slots.items()}

    @cached_property
    def arena_bytes(self) -> int:
        """Bytes of the arena, a multiple of the widest alignment in it."""
        widest = max((one.alignment for slot in self.lifetimes.values() for one in slot), default=1)
        end = max((self.arena[name] + ends(slot) for name, slot in self.lifetimes.items()), default=0)
        return -(-end // widest) * widest


def _reads_ahead(source: Node) -> bool:
    """True for an op whose loops read no element that lies before one that they have written.

    A window without padding begins at or behind its result's place, and later ones begin further behind.
    """
    return isinstance(source.op, MaxPool | SumPool) and not any(n for pair in source.op.padding for n in pair)
