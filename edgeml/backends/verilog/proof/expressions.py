"""WordExpressions of Verilog as words, with the sizes and signs that IEEE 1364 gives their operands.

An operand of an operator is as wide as the widest of all and of what is assigned to, and signed if all are;
operands of a concatenation, of a comparison and the count of a shift stand for themselves.
"""

from __future__ import annotations

from typing import Protocol

from edgeml.backends.verilog.proof.syntax import ExprKind, Table, VExpr
from edgeml.backends.verilog.proof.words import BitRun, Bus, Word, Words, joined, same, together
from edgeml.errors import EdgemlError
from edgeml.ir.structure import Form
from edgeml.stages.symbols import Atom, Number, Sym, bounds, unknown

_COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
_WIDEST = 1 << 20


class Scope(Protocol):
    """The names of one module."""

    def bus(self, name: str) -> Bus:
        """The word of a net.

        Raises:
            EdgemlError: there is none, or it is not understood.
        """
        ...

    def number(self, name: str) -> int | None:
        """The value of a parameter or of a loop's variable; None if it is neither."""
        ...

    def table(self, name: str) -> tuple[Table, int]:
        """A function and its number among all."""
        ...


class WordExpressions:
    """Evaluates expressions.

    Args:
        words: makes the words.
    """

    def __init__(self, words: Words) -> None:
        self.words, self.algebra = words, words.algebra
        self._tests: dict[int, tuple[str, Number, Number]] = {}

    # ---------------------------------------------------------------- numbers that are known

    def constant(self, expr: VExpr, scope: Scope) -> int:
        """The value of an expression of numbers, parameters and variables of loops.

        Raises:
            EdgemlError: it holds something else.
        """
        match expr.kind:
            case ExprKind.NUMBER:
                return expr.value
            case ExprKind.NAME:
                number = scope.number(expr.mark)
                if number is not None:
                    return number
            case ExprKind.BINARY if expr.mark in ("+", "-", "*"):
                a, b = (self.constant(part, scope) for part in expr.parts)
                return a + b if expr.mark == "+" else a - b if expr.mark == "-" else a * b
            case _:
                pass
        raise EdgemlError("a number is expected here")

    def size(self, high: VExpr | None, scope: Scope) -> int:
        """The bits of a range.

        Raises:
            EdgemlError: the range has no bits, or too many.
        """
        size = 1 if high is None else self.constant(high, scope) + 1
        if not 0 < size <= _WIDEST:
            raise EdgemlError(f"has {size} bits")
        return size

    # ---------------------------------------------------------------- sizes

    def shape(self, expr: VExpr, scope: Scope) -> tuple[int, bool]:
        """Width and sign of an expression that stands for itself."""
        match expr.kind:
            case ExprKind.NUMBER:
                return expr.width, expr.signed
            case ExprKind.NAME:
                if scope.number(expr.mark) is not None:
                    return 32, True
                bus = scope.bus(expr.mark)
                return bus.width, bus.signed
            case ExprKind.UNARY if expr.mark in ("|", "&"):
                return 1, False
            case ExprKind.UNARY:
                return self.shape(expr.parts[0], scope)
            case ExprKind.BINARY if expr.mark in _COMPARISONS:
                return 1, False
            case ExprKind.BINARY if expr.mark in ("<<<", ">>>"):
                return self.shape(expr.parts[0], scope)
            case ExprKind.BINARY:
                return self._widest(expr.parts, scope)
            case ExprKind.CHOICE:
                return self._widest(expr.parts[1:], scope)
            case ExprKind.SIGNED:
                return self.shape(expr.parts[0], scope)[0], True
            case ExprKind.CALL:
                return self.size(scope.table(expr.mark)[0].high, scope), False
            case _:
                return self.itself(expr, scope).width, False

    def _widest(self, parts: tuple[VExpr, ...], scope: Scope) -> tuple[int, bool]:
        shapes = [self.shape(part, scope) for part in parts]
        return max(width for width, _ in shapes), all(signed for _, signed in shapes)

    # ---------------------------------------------------------------- words

    def assigned(self, expr: VExpr, width: int, scope: Scope) -> Word:
        """The word that a net of some width gets.

        Raises:
            EdgemlError: it is not covered; names the line.
        """
        own, signed = self.shape(expr, scope)
        word = self.value(expr, max(width, own), signed, scope)
        return word if own <= width else Bus(word).cut(0, width, self.words)

    def itself(self, expr: VExpr, scope: Scope) -> Word:
        """The word of an expression that stands for itself.

        Raises:
            EdgemlError: the expression is not understood, or its word is too wide.
        """
        match expr.kind:
            case ExprKind.BIT:
                return scope.bus(expr.mark).cut(self.constant(expr.parts[0], scope), 1, self.words)
            case ExprKind.PART:
                high, low = (self.constant(part, scope) for part in expr.parts)
                return scope.bus(expr.mark).cut(low, high - low + 1, self.words)
            case ExprKind.PLUS:
                low, width = (self.constant(part, scope) for part in expr.parts)
                return scope.bus(expr.mark).cut(low, width, self.words)
            case ExprKind.JOIN:
                return joined(self.itself(part, scope) for part in reversed(expr.parts))
            case ExprKind.REPEAT:
                count, word = self.constant(expr.parts[0], scope), self.itself(expr.parts[1], scope)
                if not 0 < count * word.width <= _WIDEST:
                    raise EdgemlError(f"repeats {word.width} bits {count} times")
                return joined([word] * count)
            case ExprKind.CALL:
                return self._looked_up(expr, scope)
            case ExprKind.SIGNED:
                return self.itself(expr.parts[0], scope)
            case _:
                width, signed = self.shape(expr, scope)
                return self.value(expr, width, signed, scope)

    def value(self, expr: VExpr, width: int, signed: bool, scope: Scope) -> Word:
        """The word of an expression among others that make it so wide, and signed or not."""
        match expr.kind:
            case ExprKind.NUMBER:
                number = expr.value
                if expr.signed and number >> (expr.width - 1):
                    number -= 1 << expr.width
                return Word((BitRun(width, number if signed else expr.value),))
            case ExprKind.NAME:
                number = scope.number(expr.mark)
                if number is not None:
                    return Word((BitRun(width, number),))
                return self._as_wide(scope.bus(expr.mark).word, width, signed)
            case ExprKind.UNARY:
                return self._unary(expr, width, signed, scope)
            case ExprKind.BINARY:
                return self._binary(expr, width, signed, scope)
            case ExprKind.CHOICE:
                return self._choice(expr, width, signed, scope)
            case _:
                return self._as_wide(self.itself(expr, scope), width, signed)

    def _as_wide(self, word: Word, width: int, signed: bool) -> Word:
        if word.width == width:
            return word
        if len(word.runs) > 1 and not signed:
            return Word((*word.runs, BitRun(width - word.width, 0)))
        number, clock = self.words.read(word, signed)
        return Word((BitRun(width, number, clock),))

    def _unary(self, expr: VExpr, width: int, signed: bool, scope: Scope) -> Word:
        if expr.mark in ("|", "&"):
            word = self.itself(expr.parts[0], scope)
            number, clock = self.words.read(word, signed=False)
            what = ("any",) if expr.mark == "|" else ("all", (1 << word.width) - 1)
            return self._as_wide(Word((BitRun(1, self._bit(what, number), clock),)), width, signed)
        word = self.value(expr.parts[0], width, signed, scope)
        if len(word.runs) == 1 and isinstance(word.runs[0].number, tuple) and expr.mark == "~":
            return Word((BitRun(1, ("not", word.runs[0].number)),))
        run = self.words.one(word)
        times, plus = (-1, 0) if expr.mark == "-" else (-1, -1)
        return Word((BitRun(width, self._scaled(run, times, plus), run.clock),))

    def _bit(self, what: tuple[object, ...], x: Number) -> Number:
        if isinstance(x, int):
            return int(x != 0) if what[0] == "any" else int(x == what[1])
        return self.algebra.function(what, (x,), 0, 1)

    def _scaled(self, run: BitRun, times: int, plus: int) -> Number:
        if isinstance(run.number, tuple):
            raise EdgemlError("takes a bit of the handshake for a number")
        if isinstance(run.number, int):
            return run.number * times + plus
        return self.algebra.scaled(run.number, times, plus)

    def _binary(self, expr: VExpr, width: int, signed: bool, scope: Scope) -> Word:
        if expr.mark in _COMPARISONS:
            return self._as_wide(self._compared(expr, scope), width, signed)
        first, second = expr.parts
        if expr.mark in ("<<<", ">>>"):
            run = self.words.one(self.value(first, width, signed, scope))
            count = self.constant(second, scope)
            if not 0 <= count <= _WIDEST:
                raise EdgemlError(f"shifts by {count}")
            if expr.mark == "<<<":
                return Word((BitRun(width, self._scaled(run, 1 << count, 0), run.clock),))
            number, clock = self.words.read(Word((run,)), signed)
            return Word((BitRun(width, self.words.halved(number, count), clock),))
        words = [self.value(part, width, signed, scope) for part in expr.parts]
        signals = [word.runs[0].number for word in words if len(word.runs) == 1]
        if len(signals) == 2 and all(isinstance(one, tuple) for one in signals) and expr.mark in ("&", "|"):
            return Word((BitRun(1, ("and" if expr.mark == "&" else "or", *signals)),))
        if expr.mark in ("&", "|", "^"):
            return self._of_bits(expr.mark, words, width)
        runs = [self.words.one(word) for word in words]
        a, b = (self._scaled(run, 1, 0) for run in runs)
        clock = together(run.clock for run in runs)
        if expr.mark == "*":
            return Word((BitRun(width, self._product(runs, signed), clock),))
        return Word((BitRun(width, self.algebra.add(a, b, 1 if expr.mark == "+" else -1), clock),))

    def _product(self, runs: list[BitRun], signed: bool) -> Number:
        """The product of numbers that are read, so that a product of elements has their bounds."""
        a, b = (self.words.read(Word((run,)), signed)[0] for run in runs)
        return self.algebra.multiplied(a, b)

    def _of_bits(self, mark: str, words: list[Word], width: int) -> Word:
        (a, first), (b, second) = (self.words.read(word, signed=False) for word in words)
        clock = together((first, second))
        if isinstance(a, int) and isinstance(b, int):
            return Word((BitRun(width, a & b if mark == "&" else a | b if mark == "|" else a ^ b, clock),))
        most = max(bounds(a)[1], bounds(b)[1])
        least = 0
        most = min(bounds(a)[1], bounds(b)[1]) if mark == "&" else (1 << most.bit_length()) - 1
        name = {"&": "and", "|": "or", "^": "xor"}[mark]
        if mark == "&" and 0 in (a, b):
            return Word((BitRun(width, 0, clock),))
        return Word((BitRun(width, self.algebra.function((name,), (a, b), least, most), clock),))

    # ---------------------------------------------------------------- comparisons and choices

    def _compared(self, expr: VExpr, scope: Scope) -> Word:
        width, signed = self._widest(expr.parts, scope)
        words = [self.value(part, width, signed, scope) for part in expr.parts]
        (a, first), (b, second) = (self.words.read(word, signed) for word in words)
        clock, mark = together((first, second)), expr.mark
        (a_lo, a_hi), (b_lo, b_hi) = bounds(a), bounds(b)
        decided = {
            "<": (a_hi < b_lo, a_lo >= b_hi), "<=": (a_hi <= b_lo, a_lo > b_hi),
            ">": (a_lo > b_hi, a_hi <= b_lo), ">=": (a_lo >= b_hi, a_hi < b_lo),
        }.get(mark, (False, False))  # fmt: skip
        if decided[0] or decided[1]:
            return Word((BitRun(1, int(decided[0]), clock),))
        roots = [x.root for x in (a, b) if isinstance(x, Sym)]
        if all(root is not None and root is roots[0] for root in roots):
            number = self.algebra.function(("compare", mark), (a, b), 0, 1)
            if isinstance(number, Sym) and isinstance(b, int) and isinstance(a, Sym):
                number.rising = a.rising if mark in (">", ">=") else a.falling and mark in ("<", "<=")
                number.falling = a.rising if mark in ("<", "<=") else a.falling and mark in (">", ">=")
            return Word((BitRun(1, number, clock),))
        test = unknown("a comparison of several elements", 0, 1)
        self._tests[test.serial] = (mark, a, b)
        return Word((BitRun(1, test, clock),))

    def _choice(self, expr: VExpr, width: int, signed: bool, scope: Scope) -> Word:
        test, tested = self.words.read(self.itself(expr.parts[0], scope), signed=False)
        words = [self.value(part, width, signed, scope) for part in expr.parts[1:]]
        if isinstance(test, int):
            return words[0] if test else words[1]
        runs = [self.words.one(word) for word in words]
        a, b = (self._scaled(run, 1, 0) for run in runs)
        clock = together((tested, *(run.clock for run in runs)))
        return Word((BitRun(width, self._chosen(test, a, b), clock),))

    def _chosen(self, test: Sym, a: Number, b: Number) -> Number:
        if isinstance(a, int) and a == b:
            return a
        compared = self._tests.get(test.serial)
        if compared is None:
            return self.algebra.chosen(test, a, b)
        mark, x, y = compared
        if mark in (">", ">=", "<", "<="):
            larger = (x, y) if mark[0] == ">" else (y, x)
            form = Form.MAXIMUM if same(larger[0], a) and same(larger[1], b) else None
            if same(larger[0], b) and same(larger[1], a):
                form = Form.MINIMUM
            if form is not None:
                return self.algebra.extreme(form, a, b)
        if mark in (">", "<"):
            later, first = (x, y) if mark == ">" else (y, x)
            position = _position(later, a, first, b)
            if position is not None:
                return position
        (a_lo, a_hi), (b_lo, b_hi) = bounds(a), bounds(b)
        return unknown("a choice by a comparison of several elements", min(a_lo, b_lo), max(a_hi, b_hi))

    def _looked_up(self, expr: VExpr, scope: Scope) -> Word:
        table, number = scope.table(expr.mark)
        width = self.size(table.high, scope)
        word = self.assigned(expr.parts[0], self.size(table.argument, scope), scope)
        x, clock = self.words.read(word, signed=False)
        mask = (1 << width) - 1
        if isinstance(x, int):
            return Word((BitRun(width, table.entries.get(x, table.default) & mask, clock),))
        results = [entry & mask for entry in (*table.entries.values(), table.default)]
        if len(set(results)) == 1:
            return Word((BitRun(width, results[0], clock),))
        entry = self.algebra.function(("look", number), (x,), min(results), max(results))
        return Word((BitRun(width, entry, clock),))


def _position(later: Number, at: Number, first: Number, before: Number) -> Sym | None:
    """The position of the largest, where it is `at` if a later number is larger, else `before`."""
    lists = [_candidates(first, before), _candidates(later, at)]
    if lists[0] is None or lists[1] is None or lists[0][-1][1] >= lists[1][0][1]:
        return None
    parts = (*lists[0], *lists[1])
    return Sym(Form.POSITION, parts[0][1], parts[-1][1], parts=parts)


def _candidates(value: Number, position: Number) -> tuple[tuple[Atom, int], ...] | None:
    """The elements whose largest a number is, with positions, if `position` is that of the largest."""
    if not isinstance(value, Sym):
        return None
    if value.root is not None:
        return ((value.root, position),) if value.key == 0 and isinstance(position, int) else None
    if value.form is not Form.MAXIMUM or not isinstance(position, Sym) or position.form is not Form.POSITION:
        return None
    if any(key for _, key in value.parts):
        return None
    same_ones = {id(atom) for atom, _ in value.parts} == {id(atom) for atom, _ in position.parts}
    return position.parts if same_ones and len(value.parts) == len(position.parts) else None
