"""Carries out the functions of model.c on numbers that depend on elements.

Loops are carried out turn by turn: their bounds are constants. What depends on an element is followed as a
number of `edgeml.stages.symbols`; a branch on it is refused but for the forms in which this back end writes
the largest of elements, its position, and an early `return`.

Invariant: every path of the program for every input is what was carried out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from edgeml.backends.c.expressions import Code, Expressions, Frame, decided, restored, writes
from edgeml.backends.c.memory import Memory
from edgeml.backends.c.numbers import Operators, promoted
from edgeml.backends.c.syntax import CUnit, Expr, Function, Stmt
from edgeml.errors import EdgemlError
from edgeml.ir.structure import Form
from edgeml.stages.symbols import Algebra, Atom, Cut, Number, Sym

_MOST_TURNS = 20_000_000
_CONTINUE = object()


class _Result:
    """The value that a function returns."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class Machine:
    """A program that is ready to be carried out.

    Args:
        unit: its parts.
        hooks: functions that are not in it, by name: they get the values of their arguments.
        whole: names of the functions whose variables may be cut.
        always: variables, by their names among all, that are cut whether it is needed or not.
    """

    def __init__(
        self,
        unit: CUnit,
        hooks: dict[str, Callable[[Sequence[Any]], None]],
        whole: frozenset[str],
        always: frozenset[str] = frozenset(),
    ) -> None:
        self.unit, self.hooks, self.whole, self.always = unit, hooks, whole, always
        self.operators = Operators(Algebra())
        self.arena = Memory("arena", max((k.size * n for k, n in unit.arena.values()), default=0))
        self.tables = {
            name: Memory(name, kind.size * len(values), constant=True).fill(kind, values)
            for name, (kind, values) in unit.tables.items()
        }
        self.cuts: dict[str, list[Cut | None]] = {}
        self.variables: dict[str, tuple[str, Stmt]] = {}
        self._left = _MOST_TURNS
        self._compiled: dict[str, Code] = {}

    def turn(self) -> None:
        """Count one turn of a loop.

        Raises:
            EdgemlError: there were too many.
        """
        self._left -= 1
        if self._left < 0:
            raise EdgemlError(
                f"takes more than {_MOST_TURNS:,} turns of loops, which are not followed further"
            )

    def call(self, name: str, arguments: Sequence[Any]) -> Any:
        """The result of a function.

        Raises:
            EdgemlError: it does something that is not covered; names the function.
        """
        if name not in self._compiled:
            self._compiled[name] = Compiler(self, self.unit.functions[name]).code()
        function = self.unit.functions[name]
        frame = {
            parameter: value for (parameter, _), value in zip(function.parameters, arguments, strict=True)
        }
        return self._compiled[name](frame)

    def cut(self, owner: str, number: Number) -> Number:
        """The number that a variable gets, which knows the variable."""
        cuts = self.cuts.setdefault(owner, [])
        if isinstance(number, int):
            cuts.append(None)
            return number
        cut = Cut(owner, len(cuts), number)
        cuts.append(cut)
        variable = number.within(number.lo, number.hi, (cut, 1, 0))
        return self.operators.algebra.cut(variable) if owner in self.always else variable


class Compiler(Expressions):
    """Turns a function into closures; types are settled here, once.

    Args:
        machine: the program.
        function: the function.
    """

    def __init__(self, machine: Machine, function: Function) -> None:
        super().__init__(machine, function)
        self.program = machine
        self.whole = function.name in machine.whole

    def code(self) -> Code:
        """The whole function: a frame with the arguments to the result."""
        body = [self.statement(one, top=True) for one in self.function.body.bodies]
        chosen = self.operators.algebra.chosen

        def run(frame: Frame) -> Any:
            early: list[tuple[Sym, Any]] = []
            frame[""] = early
            result: Any = 0
            for one in body:
                signal = one(frame)
                if isinstance(signal, _Result):
                    result = signal.value
                    break
            for test, value in reversed(early):
                result = chosen(test, value, result)
            return result

        return run

    # ---------------------------------------------------------------- statements

    def statement(self, one: Stmt, top: bool = False) -> Code:
        """A statement: its code gives nothing, a result, or the sign to go on with the next turn."""
        match one.what:
            case "block":
                return self._block([self.statement(inner) for inner in one.bodies])
            case "declare":
                return self._cutting(one, self._declare(one))
            case "do":
                assert one.exprs[0] is not None
                return self._cutting(one, _quiet(self.expr(one.exprs[0])[1]))
            case "for":
                return self._for(one)
            case "if":
                return self._if(one, top)
            case "return":
                return self._return(one)
            case _:
                return lambda _: _CONTINUE

    def _block(self, bodies: Sequence[Code]) -> Code:
        def run(frame: Frame) -> Any:
            for body in bodies:
                signal = body(frame)
                if signal is not None:
                    return signal
            return None

        return run

    def _declare(self, one: Stmt) -> Code:
        assert one.kind is not None
        name, kind, value = one.name, one.kind, one.exprs[0]
        code = None if value is None else self.converted(value, kind)
        self.kinds[name] = kind
        (self.constant.add if one.constant else self.constant.discard)(name)
        if code is None:
            return lambda frame: frame.pop(name, None) and None
        owner = f"{self.function.name}.{name}.{one.start}"
        if self.whole and one.constant:
            self.program.variables[owner] = name, one
            cut = self.program.cut

            def named(frame: Frame) -> None:
                frame[name] = cut(owner, code(frame))

            return named

        def run(frame: Frame) -> None:
            frame[name] = code(frame)

        return run

    def _cutting(self, one: Stmt, code: Code) -> Code:
        """The code of a statement before which the variables that it reads may be cut."""
        if not self.whole or one.exprs[0] is None:
            return code
        expr = one.exprs[0]
        written = expr.parts[0].mark if expr.what == "assign" else ""
        every = (name for name in _names(expr) if name in self.kinds and name not in self.constant)
        names = [name for name in dict.fromkeys(every) if not self.kinds[name].pointer and name != written]
        if not names:
            return code
        owners = {name: f"{self.function.name}.{name}.{one.start}" for name in names}
        self.program.variables |= {owner: (name, one) for name, owner in owners.items()}
        cut = self.program.cut

        def run(frame: Frame) -> Any:
            for name, owner in owners.items():
                if isinstance(frame[name], Sym):
                    frame[name] = cut(owner, frame[name])
                else:
                    cut(owner, frame[name])
            return code(frame)

        return run

    def _for(self, one: Stmt) -> Code:
        first = [self.statement(inner) for inner in one.bodies[1:]]
        assert one.exprs[0] is not None and one.exprs[1] is not None
        test, step = self.expr(one.exprs[0])[1], self.expr(one.exprs[1])[1]
        body, turn = self.statement(one.bodies[0]), self.program.turn

        def run(frame: Frame) -> Any:
            for inner in first:
                inner(frame)
            while decided(test(frame), "the bound of a loop"):
                turn()
                signal = body(frame)
                if signal is not None and signal is not _CONTINUE:
                    return signal
                step(frame)
            return None

        return run

    def _if(self, one: Stmt, top: bool) -> Code:
        assert one.exprs[0] is not None
        test = one.exprs[0]
        largest = self._largest(test, one.bodies[0]) or self._position(test, one.bodies[0])
        if largest is not None:
            return largest
        code, body = self.expr(test)[1], self.statement(one.bodies[0])
        narrowed = self.narrowing(test)
        returns = top and len(one.bodies[0].bodies) == 1 and one.bodies[0].bodies[0].what == "return"
        returns = returns and not writes(self.function.body, self.machine.unit)

        def run(frame: Frame) -> Any:
            value = code(frame)
            if isinstance(value, int):
                return body(frame) if value else None
            if not returns:
                raise self.error("has a branch that depends on an input")
            with restored(frame, narrowed(frame, True)):
                result = body(frame)
            frame[""].append((value, result.value))
            frame.update(narrowed(frame, False))  # for the rest of the function
            return None

        return run

    def _largest(self, test: Expr, body: Stmt) -> Code | None:
        """if (a > b) { b = a; }."""
        if test.what != "binary" or test.mark != ">" or len(body.bodies) != 1:
            return None
        (a, b), inner = test.parts, body.bodies[0].exprs[0]
        if body.bodies[0].what != "do" or inner is None or inner.what != "assign" or inner.mark:
            return None
        if b.what != "name" or not (inner.parts[0].same(b) and inner.parts[1].same(a)):
            return None
        (a_kind, a_code), name = self.expr(a), b.mark
        if a_kind is None or a_kind != self.kinds.get(name) or promoted(a_kind.number) != a_kind.number:
            return None
        extreme = self.operators.extreme

        def run(frame: Frame) -> None:
            frame[name] = extreme(Form.MAXIMUM, frame[name], a_code(frame))

        return run

    def _position(self, test: Expr, body: Stmt) -> Code | None:
        """if (row[n] > row[best]) { best = n; }, for n = 1, 2, ... and best = 0 at first."""
        if test.what != "binary" or test.mark != ">" or len(body.bodies) != 1:
            return None
        (a, b), inner = test.parts, body.bodies[0].exprs[0]
        if body.bodies[0].what != "do" or inner is None or inner.what != "assign" or inner.mark:
            return None
        if a.what != "index" or b.what != "index" or not a.parts[0].same(b.parts[0]):
            return None
        if not (inner.parts[0].same(b.parts[1]) and inner.parts[1].same(a.parts[1])):
            return None
        if b.parts[1].what != "name":
            return None
        (kind, pointer), at, name = self.expr(a.parts[0]), self.expr(a.parts[1])[1], b.parts[1].mark
        if kind is None or not kind.pointer:
            return None
        number = kind.number

        def run(frame: Frame) -> None:
            memory, place = pointer(frame)
            frame[name] = _farther(
                frame[name], at(frame), lambda n: memory.load(number, place + n * number.size)
            )

        return run

    def _return(self, one: Stmt) -> Code:
        if one.exprs[0] is None:
            return lambda _: _Result(None)
        if self.function.result is None:
            raise self.error("returns a number")
        code = self.converted(one.exprs[0], self.function.result)
        return lambda frame: _Result(code(frame))


def _quiet(code: Code) -> Code:
    def run(frame: Frame) -> None:
        code(frame)

    return run


def _names(expr: Expr) -> Iterator[str]:
    if expr.what == "name":
        yield expr.mark
    for part in expr.parts:
        yield from _names(part)


def _farther(best: Any, at: Any, load: Callable[[int], Number]) -> Sym:
    """The position of the largest of the first elements, and one more."""
    atoms: list[tuple[Atom, int]] = list(best.parts) if isinstance(best, Sym) else []
    first = [0, at] if best == 0 and at == 1 else [at]
    if (isinstance(best, Sym) and (best.form is not Form.POSITION or best.hi + 1 != at)) or (
        best == 0 and at != 1
    ):
        raise EdgemlError("looks for a position in an order that is not understood")
    for n in first:
        number = load(n)
        if not isinstance(number, Sym) or number.root is None or number.key:
            raise EdgemlError("looks for the position of the largest among other numbers than elements")
        atoms.append((number.root, n))
    return Sym(Form.POSITION, 0, at, parts=tuple(atoms))
