"""Expressions of C as closures over a frame of variables, on numbers that depend on elements.

Invariant: the value of a closure is that of the expression for every code of the elements; what C leaves
undefined or to the compiler is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeAlias

import numpy as np

from edgeml.backends.c.integers import INT32, CType
from edgeml.backends.c.memory import Memory, Pointer
from edgeml.backends.c.numbers import Operators, common, promoted
from edgeml.backends.c.syntax import CKind, CUnit, Expr, Function, Stmt
from edgeml.errors import EdgemlError
from edgeml.ir.structure import Form
from edgeml.stages.symbols import Number, Sym

Frame: TypeAlias = dict[str, Any]
Code: TypeAlias = Callable[[Frame], Any]
Typed: TypeAlias = tuple[CKind | None, Code]

OPPOSITE = {"<": ">=", ">": "<=", "<=": ">", ">=": "<"}
"""The comparison that holds where another does not."""


class Surroundings(Protocol):
    """The program that an expression is a part of."""

    unit: CUnit
    operators: Operators
    hooks: dict[str, Callable[[Sequence[Any]], None]]
    tables: dict[str, Memory]
    arena: Memory

    def call(self, name: str, arguments: Sequence[Any]) -> Any:
        """The result of a function."""
        ...


class Expressions:
    """Turns the expressions of a function into closures; types are settled here, once.

    Args:
        machine: the program.
        function: the function.
    """

    def __init__(self, machine: Surroundings, function: Function) -> None:
        self.machine, self.function = machine, function
        self.operators = machine.operators
        self.kinds: dict[str, CKind] = dict(function.parameters)
        self.constant: set[str] = {name for name, _ in function.parameters}

    def error(self, what: str) -> EdgemlError:
        """An error that names the function."""
        return EdgemlError(what, self.function.name)

    def _not_alike(self, expr: Expr, kind: CKind | None, to: CKind) -> EdgemlError:
        """The error for an expression that stands where one of another kind has to."""
        text = self.machine.unit.text
        line, words = text.count("\n", 0, expr.start) + 1, " ".join(text[expr.start : expr.end].split())
        is_ = "nothing" if kind is None else str(kind)
        return self.error(f"{words!r} in line {line} is {is_}, where {to} is needed")

    def converted(self, expr: Expr, to: CKind) -> Code:
        """An expression in another type.

        Raises:
            EdgemlError: one is a number and the other is not, or they are pointers to different types.
        """
        kind, code = self.expr(expr)
        if kind is None or kind.pointer != to.pointer or (kind.pointer and kind != to):
            raise self._not_alike(expr, kind, to)
        if kind == to:
            return code
        convert, number = self.operators.convert, to.number
        return lambda frame: convert(code(frame), number)

    def expr(self, expr: Expr) -> Typed:
        """An expression: its type, and the code for its value."""
        match expr.what:
            case "number":
                value = expr.value
                return expr.kind, lambda _: value
            case "name":
                return self._variable(expr.mark)
            case "unary":
                return self._unary(expr)
            case "binary":
                return self._binary(expr)
            case "choice":
                return self._choice(expr)
            case "cast":
                return self._cast(expr)
            case "call":
                return self._call(expr)
            case "index" | "member":
                return self._element(expr)
            case "assign":
                return self._assign(expr)
            case _:
                return self._count(expr)

    def _variable(self, name: str) -> Typed:
        if name in self.kinds:
            return self.kinds[name], lambda frame: frame[name]
        if name in self.machine.tables:
            place = self.machine.tables[name], 0
            return CKind(self.machine.unit.tables[name][0], True), lambda _: place
        raise self.error(f"reads {name}, which nothing declares")

    def _unary(self, expr: Expr) -> Typed:
        inner = expr.parts[0]
        if expr.mark == "&":
            if inner.what != "index":
                raise self.error("takes the address of a variable")
            kind, code = self._place(inner)
            return CKind(kind, True), code
        kind, code = self.expr(inner)
        if kind is None or (kind.pointer and expr.mark != "*"):
            raise self.error(f"has {expr.mark!r} of a pointer")
        if expr.mark == "*":
            number = kind.number
            return CKind(number), lambda frame: (at := code(frame))[0].load(number, at[1])
        number = promoted(kind.number)
        operators = self.operators
        if expr.mark == "!":
            return CKind(INT32), lambda frame: operators.negated(code(frame))
        if expr.mark == "-":
            minus = operators.binary("-", number)
            return CKind(number), lambda frame: minus(0, code(frame))
        raise self.error(f"has {expr.mark!r}, which is not understood")

    def _binary(self, expr: Expr) -> Typed:
        (a_kind, a), (b_kind, b) = self.expr(expr.parts[0]), self.expr(expr.parts[1])
        if a_kind is None or b_kind is None or b_kind.pointer:
            raise self.error(f"has {expr.mark!r} of a pointer")
        if expr.mark in ("&&", "||"):
            return self._logic(expr, a, b)
        if a_kind.pointer:
            if expr.mark != "+":
                raise self.error(f"has {expr.mark!r} of a pointer")
            size = a_kind.number.size
            return a_kind, lambda frame: _moved(a(frame), b(frame), size)
        shift = expr.mark in ("<<", ">>")
        kind = promoted(a_kind.number) if shift else common(a_kind.number, b_kind.number)
        operate, convert = self.operators.binary(expr.mark, kind), self.operators.convert
        if not (kind.signed or shift):  # a negative number becomes a large one
            result: Code = lambda frame: operate(convert(a(frame), kind), convert(b(frame), kind))  # noqa: E731
        else:
            result: Code = lambda frame: operate(a(frame), b(frame))  # noqa: E731
        return CKind(INT32 if expr.mark in OPPOSITE or expr.mark in ("==", "!=") else kind), result

    def _logic(self, expr: Expr, a: Code, b: Code) -> Typed:
        ends, operators = expr.mark == "||", self.operators
        join = operators.either if ends else operators.both

        def run(frame: Frame) -> Number:
            first = a(frame)
            if isinstance(first, int) and bool(first) == ends:
                return int(ends)
            second = b(frame)
            if isinstance(first, int):
                return operators.negated(operators.negated(second))
            if isinstance(second, int):
                return int(ends) if bool(second) == ends else operators.negated(operators.negated(first))
            return join(first, second)

        return CKind(INT32), run

    def _choice(self, expr: Expr) -> Typed:
        test, *branches = expr.parts
        (a_kind, _), (b_kind, _) = self.expr(branches[0]), self.expr(branches[1])
        if a_kind is None or b_kind is None or a_kind.pointer or b_kind.pointer:
            raise self.error("chooses between pointers")
        kind = CKind(common(a_kind.number, b_kind.number))
        extreme = self._extreme(test, branches, kind)
        if extreme is not None:
            return kind, extreme
        code, a, b = self.expr(test)[1], self.converted(branches[0], kind), self.converted(branches[1], kind)
        narrowed, chosen = self.narrowing(test), self.operators.algebra.chosen

        def run(frame: Frame) -> Number:
            value = code(frame)
            if isinstance(value, int):
                return a(frame) if value else b(frame)
            with restored(frame, narrowed(frame, True)):
                first = a(frame)
            with restored(frame, narrowed(frame, False)):
                second = b(frame)
            return chosen(value, first, second)

        return kind, run

    def _extreme(self, test: Expr, branches: Sequence[Expr], kind: CKind) -> Code | None:
        """a > b ? a : b and its siblings."""
        if test.what != "binary" or test.mark not in OPPOSITE or not kind.number.signed:
            return None
        a, b = test.parts
        if not all(self.expr(part)[0] == kind for part in (a, b)):
            return None
        if branches[0].same(a) and branches[1].same(b):
            larger = test.mark in (">", ">=")
        elif branches[0].same(b) and branches[1].same(a):
            larger = test.mark in ("<", "<=")
        else:
            return None
        form = Form.MAXIMUM if larger else Form.MINIMUM
        (_, first), (_, second), extreme = self.expr(a), self.expr(b), self.operators.extreme
        return lambda frame: extreme(form, first(frame), second(frame))

    def _cast(self, expr: Expr) -> Typed:
        if expr.kind is None:
            self.expr(expr.parts[0])
            return None, lambda _: None
        return expr.kind, self.converted(expr.parts[0], expr.kind)

    def _call(self, expr: Expr) -> Typed:
        name, machine = expr.mark, self.machine
        if name in machine.hooks:
            hook, codes = machine.hooks[name], [self.expr(part)[1] for part in expr.parts]
            return None, lambda frame: hook([code(frame) for code in codes])
        function = machine.unit.functions.get(name)
        if function is None or len(function.parameters) != len(expr.parts):
            raise self.error(f"calls {name}, which nothing declares")
        if function.result is not None and writes(function.body, machine.unit):
            raise self.error(f"calls {name}, which gives a number and writes to memory")
        codes = [
            self.converted(part, kind)
            for part, (_, kind) in zip(expr.parts, function.parameters, strict=True)
        ]
        return function.result, lambda frame: machine.call(name, [code(frame) for code in codes])

    def _place(self, expr: Expr) -> tuple[CType, Code]:
        """The place in memory of an element of an array."""
        (kind, base), (_, at) = self.expr(expr.parts[0]), self.expr(expr.parts[1])
        if kind is None or not kind.pointer:
            raise self.error("takes an element of a number")
        size = kind.number.size
        return kind.number, lambda frame: _moved(base(frame), at(frame), size)

    def _element(self, expr: Expr) -> Typed:
        if expr.what == "member":
            if expr.parts[0].mark != "arena" or expr.mark not in self.machine.unit.arena:
                raise self.error(f"reads {expr.mark}, which nothing declares")
            place = self.machine.arena, 0
            return CKind(self.machine.unit.arena[expr.mark][0], True), lambda _: place
        (kind, base), (_, at) = self.expr(expr.parts[0]), self.expr(expr.parts[1])
        if kind is None or not kind.pointer:
            raise self.error("takes an element of a number")
        number, size, looked_up = kind.number, kind.number.size, self._looked_up

        def run(frame: Frame) -> Number:
            (memory, place), index = base(frame), at(frame)
            if isinstance(index, int):
                return memory.load(number, place + index * size)
            return looked_up(memory, place, index, number)

        return CKind(number), run

    def _looked_up(self, memory: Memory, place: int, index: Sym, kind: CType) -> Number:
        if not memory.constant:
            raise self.error("reads an element whose place depends on an input")
        index = self.operators.exact(index)
        if index.lo < 0:
            raise self.error("reads an element in front of the one that a pointer is at")
        for at in (index.lo, index.hi):
            memory.load(kind, place + at * kind.size)
        name, operations = ("table", memory.name, place), self.operators.operations
        if name not in operations.tables:
            every = (memory.load(kind, at) for at in range(place, memory.size, kind.size))
            operations.tables[name] = np.array(list(every), np.int64)
        entries = operations.tables[name][index.lo : index.hi + 1]
        return self.operators.algebra.function(name, (index,), int(entries.min()), int(entries.max()))

    def _assign(self, expr: Expr) -> Typed:
        target, value = expr.parts
        to: Code | None = None
        if target.what == "name" and target.mark in self.kinds:
            kind = self.kinds[target.mark]
        elif target.what == "index":
            number, to = self._place(target)
            kind = CKind(number)
        else:
            raise self.error("writes to something that is no variable and no element")
        if expr.mark:
            value = Expr("binary", expr.start, mark=expr.mark, parts=(target, value))
        code = self.converted(value, kind)
        if to is None:
            name = target.mark

            def run(frame: Frame) -> None:
                frame[name] = code(frame)

            return None, run
        number, store = kind.number, to

        def write(frame: Frame) -> None:
            number_ = code(frame)
            memory, place = store(frame)
            memory.store(number, place, number_)

        return None, write

    def _count(self, expr: Expr) -> Typed:
        one = Expr("number", expr.start, value=1, kind=CKind(INT32))
        return self._assign(Expr("assign", expr.start, mark=expr.mark[0], parts=(expr.parts[0], one)))

    def narrowing(self, test: Expr) -> Callable[[Frame, bool], Frame]:
        """The variables that lie in narrower intervals where a test holds, or where it does not."""
        limits = {holds: self._limits(test, holds) for holds in (True, False)}

        def narrowed(frame: Frame, holds: bool) -> Frame:
            narrow: Frame = {}
            for name, mark, code in limits[holds]:
                value, end = narrow.get(name, frame[name]), code(frame)
                if isinstance(value, Sym) and isinstance(end, int):
                    lo, hi = _ends(mark, end)
                    narrow[name] = value.within(max(lo, value.lo), min(hi, value.hi))
            return narrow

        return narrowed

    def _limits(self, test: Expr, holds: bool) -> list[tuple[str, str, Code]]:
        """(variable, comparison, number) that follow from a test."""
        if test.what == "binary" and test.mark == ("&&" if holds else "||"):
            return [one for part in test.parts for one in self._limits(part, holds)]
        if test.what != "binary" or test.mark not in OPPOSITE:
            return []
        left, right = test.parts
        while left.what == "cast" and left.kind is not None and left.kind.number.signed:
            left = left.parts[0]  # to a wider type, or refused when it is carried out
        if left.what != "name" or left.mark not in self.kinds or not self.kinds[left.mark].number.signed:
            return []
        kind, code = self.expr(right)
        if kind is None or kind.pointer or not kind.number.signed:
            return []
        return [(left.mark, test.mark if holds else OPPOSITE[test.mark], code)]


def writes(body: Stmt, unit: CUnit) -> bool:
    """True if a function may write to memory: directly, or by what it calls."""
    exprs = [expr for expr in body.exprs if expr is not None]
    while exprs:
        one = exprs.pop()
        if one.what == "assign" and one.parts[0].what != "name":
            return True
        if one.what == "call" and (
            one.mark not in unit.functions or writes(unit.functions[one.mark].body, unit)
        ):
            return True
        exprs += one.parts
    return any(writes(inner, unit) for inner in body.bodies)


@contextmanager
def restored(frame: Frame, narrow: Frame) -> Generator[None]:
    """A frame with other values for a while."""
    before = {name: frame[name] for name in narrow}
    frame.update(narrow)
    yield
    frame.update(before)


def _ends(mark: str, end: int) -> tuple[int, int]:
    far = 1 << 65
    return {"<": (-far, end - 1), "<=": (-far, end), ">": (end + 1, far), ">=": (end, far)}[mark]


def decided(value: Any, what: str) -> int:
    """A number that does not depend on an element.

    Raises:
        EdgemlError: it does.
    """
    if not isinstance(value, int):
        raise EdgemlError(f"{what} depends on an input")
    return value


def _moved(place: Pointer, count: Any, size: int) -> Pointer:
    return place[0], place[1] + decided(count, "a place in memory") * size
