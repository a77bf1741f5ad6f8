"""The argument of an emitter: one step, the lines of its function, and the tables and helpers it adds."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager

import numpy as np

from edgeml.backend import Emitters
from edgeml.backends.c.helpers import Helpers
from edgeml.backends.c.integers import CType, computing, storage
from edgeml.backends.c.lines import Lines
from edgeml.backends.c.place import Place, broadcast_strides, merged, smallest
from edgeml.backends.c.scalar import Scalar, constant
from edgeml.backends.c.steps import Program, Step
from edgeml.backends.c.tables import Tables
from edgeml.fixed import IntArray, align
from edgeml.ir import Node, Shape
from edgeml.ir.info import ValueInfo
from edgeml.ir.ops.cast import Cast

OPS = Emitters("c")


class Site:
    """One step that is being written.

    Args:
        program: the whole program.
        step: the step.
        tables: constant arrays of the program.
        helpers: functions of the program that layers share.
        packed: whether weights of few bits share bytes.
    """

    def __init__(self, program: Program, step: Step, tables: Tables, helpers: Helpers, packed: bool) -> None:
        self.program, self.step, self.tables, self.helpers, self.packed = (
            program, step, tables, helpers, packed,
        )  # fmt: skip
        self.graph = program.graph
        self.lines = Lines()
        self.reads = program.reads(step)
        self.result = self.graph.info(step.result)
        self._names = 0
        self._named: list[tuple[str, str]] = []

    @property
    def source(self) -> Node:
        """The op that the function begins with."""
        assert self.step.source is not None
        return self.step.source

    def pointer(self, value: str) -> str:
        """The parameter that points to a value's codes."""
        at = self.reads.index(self.program.roots[value])
        return "x" if len(self.reads) == 1 else f"x{at}"

    def kind(self, value: str) -> CType:
        """The type of a value's codes in memory."""
        return self.program.kind(self.program.roots[value])

    def info(self, node: Node, position: int) -> ValueInfo:
        """The info of an input of a node."""
        return self.graph.info(node.inputs[position])

    def read(self, value: str, index: str) -> Scalar:
        """One element of a value in memory, in a type for computing."""
        info = self.graph.info(value)
        lo, hi = int(info.lo.min()), int(info.hi.max())
        kind, stored = computing(lo, hi), self.kind(value)
        cast = "" if kind == stored else f"({kind.name})"
        return Scalar(f"{cast}{self.pointer(value)}[{index}]", lo, hi, kind)

    def let(self, scalar: Scalar) -> Scalar:
        """The number under a name of its own; constants and names stay."""
        if scalar.lo == scalar.hi:
            return constant(scalar.lo)
        if scalar.text.isidentifier():
            return scalar
        self._names += 1
        name = f"v{self._names}"
        text = f"const {scalar.kind.name} {name} = {_bare(scalar.text)}; /* {scalar.lo} to {scalar.hi} */"
        self._named.append((name, text))
        return scalar._replace(text=name)

    def table(self, name: str, values: IntArray, place: Place, remark: str) -> Scalar:
        """The element of an array of constants that broadcasts to the result."""
        small = smallest(values, place.shape)
        if small.size == 1:
            return constant(int(small.reshape(-1)[0]))
        lo, hi = int(small.min()), int(small.max())
        kind = computing(lo, hi)
        small = np.broadcast_to(small, place.room(small.shape))
        text = f"{self.tables.add(name, small, remark)}[{place.index(small.shape)}]"
        return Scalar(f"({kind.name}){text}", lo, hi, kind)

    @contextmanager
    def loops(self, apart: int = 0, operands: Sequence[Sequence[int]] = ()) -> Generator[Place]:
        """Loops over the step's result.

        Args:
            apart: how many of the last axes each need a loop of their own.
            operands: strides, per axis of the result, of what the step's source reads.
        """
        shape = self.result.shape
        strides = [broadcast_strides(s, shape) for s in (shape, *self._operand_shapes())]
        axes = merged(shape, [*strides, *operands], apart)
        with ExitStack() as stack:
            for one in axes:
                stack.enter_context(self.lines.loop(one.variable, one.extent))
            yield Place(shape, axes)

    def finish(self, place: Place, first: Scalar | None = None) -> None:
        """Compute the chain for one element and store it.

        Args:
            place: the element.
            first: the value of the step's source.
        """
        values: dict[str, Scalar] = {}
        if self.step.source is not None and first is not None:
            values[self.step.source.name] = self._narrowed(self.step.source.name, first)
        for node in self.step.chain:
            element = OPS.function(node.op.op_name(), "element", "at: Element")
            values[node.name] = self._narrowed(node.name, element(Element(self, node, place, values)))
        stored = self.program.kind(self.step.result)
        result = values[self.step.result]
        text = result.text if stored == result.kind else f"({stored.name}){result.text}"
        lines = [f"y[{place.index(place.shape)}] = {_bare(text)};"]
        for name, line in reversed(self._named):  # a number that turned out to be constant leaves unused ones
            if any(_names(name, other) for other in lines):
                lines.insert(0, line)
        self._named.clear()
        if first is not None and not any(_names(first.text, line) for line in lines):
            lines.insert(0, f"(void){first.text};")
        self.lines.add(*lines)

    def _narrowed(self, name: str, scalar: Scalar) -> Scalar:
        """A number under a name, with the range that the graph has proven."""
        info = self.graph.info(name)
        lo, hi = max(scalar.lo, int(info.lo.min())), min(scalar.hi, int(info.hi.max()))
        kind = computing(lo, hi)
        text = scalar.text if kind == scalar.kind else f"({kind.name}){scalar.text}"
        return self.let(Scalar(text, lo, hi, kind))

    def _operand_shapes(self) -> Iterator[Shape]:
        """The shapes of everything that the chain reads beside its own values."""
        shape, inner = self.result.shape, {node.name for node in self.step.nodes}
        for node in self.step.chain:
            for position, name in enumerate(node.inputs):
                if name in inner or position in node.op.constant_inputs:
                    continue
                if name in self.graph.constants:
                    yield smallest(self.graph.constants[name], shape).shape
                    yield smallest(np.asarray(self.graph.info(name).type.frac), shape).shape
                else:
                    yield self.graph.info(name).shape
            if isinstance(node.op, Cast):
                frac = np.asarray(self.info(node, 0).type.frac)
                for part in (frac, np.asarray(node.op.to.width), np.asarray(node.op.to.frac)):
                    yield smallest(part, shape).shape


class Element:
    """One element-wise op inside of a function.

    Args:
        site: the function.
        node: the op.
        place: the element.
        values: numbers of the chain so far, by their nodes.
    """

    def __init__(self, site: Site, node: Node, place: Place, values: dict[str, Scalar]) -> None:
        self.site, self.node, self.place, self._values = site, node, place, values

    @property
    def op(self) -> object:
        """The op with its attributes."""
        return self.node.op

    def info(self, position: int) -> ValueInfo:
        """The info of an input."""
        return self.site.info(self.node, position)

    def value(self, position: int, frac: int | None = None) -> Scalar:
        """The element of an input.

        Args:
            position: of the input.
            frac: fractional bits that it gets, at least its own; None for its own.
        """
        name, info = self.node.inputs[position], self.info(position)
        if name in self.site.graph.constants:
            codes = self.site.graph.constants[name]
            if frac is not None:
                codes = align(codes, info.type.frac, frac)
            narrow, places = _narrow(np.asarray(codes))
            return self.site.table(name, narrow, self.place, f"{name}: {info}").raised(places)
        if name not in self._values:
            self._values[name] = self.site.let(self.site.read(name, self.place.index(info.shape)))
        own = self._values[name]
        return own if frac is None else own.raised(frac - info.frac)

    def pair(self) -> tuple[Scalar, Scalar]:
        """Both inputs at the finer LSB of the two."""
        frac = max(self.info(0).frac, self.info(1).frac)
        return self.value(0, frac), self.value(1, frac)


def _narrow(codes: IntArray) -> tuple[IntArray, int]:
    """Codes without the zero bits in which all end, and how many these are; as they are if no byte is saved.

    A bias at the LSB of its layer's sums ends in zeros. On Arm, its shift is a part of the sum's instruction.
    """
    ends = int(np.bitwise_or.reduce(codes, axis=None))
    places = (ends & -ends).bit_length() - 1
    if places < 1:
        return codes, 0
    wide, narrow = (storage(int(c.min()), int(c.max())).size for c in (codes, codes >> places))
    return (codes >> places, places) if narrow < wide else (codes, 0)


def combined(sign: str, a: Scalar, b: Scalar, lo: int, hi: int) -> Scalar:
    """a sign b, in a type that holds both and the result."""
    kind = computing(a.lo, a.hi, b.lo, b.hi, lo, hi)
    return Scalar(f"({a.within(kind)} {sign} {b.within(kind)})", lo, hi, kind)


def chosen(test: str, a: Scalar, b: Scalar, lo: int, hi: int) -> Scalar:
    """One of two numbers: `test` is between them, "<" takes a if it is smaller."""
    kind = computing(a.lo, a.hi, b.lo, b.hi)
    left, right = a.within(kind), b.within(kind)
    return Scalar(f"({left} {test} {right} ? {left} : {right})", lo, hi, kind)


def _names(name: str, line: str) -> bool:
    """True if a line reads a name."""
    return re.search(rf"\b{name}\b", line) is not None


def _bare(text: str) -> str:
    """An expression without the brackets around all of it."""
    if not (text.startswith("(") and text.endswith(")")):
        return text
    depth = 0
    for at, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0 and at < len(text) - 1:
            return text
    return text[1:-1]
