"""A reader of model.c by recursive descent; `edgeml.backends.c.syntax` has what it makes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias

from edgeml.backends.c.integers import INT32, CType
from edgeml.backends.c.syntax import TYPES, CKind, CUnit, Expr, Function, Stmt, blanked
from edgeml.errors import EdgemlError

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:0[xX][0-9a-fA-F]+|\d+)[uUlL]*)|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<mark><<=|>>=|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[-+*/%&|^~!<>=?:;,.(){}\[\]]))"
)
_LEVELS = (
    *(("||",), ("&&",), ("|",), ("^",), ("&",), ("==", "!="), ("<", ">", "<=", ">=")),
    *(("<<", ">>"), ("+", "-"), ("*", "/", "%")),
)


Token: TypeAlias = tuple[str, str, int]


def read_unit(text: str, header: str, defined: frozenset[str], where: str) -> CUnit:
    """The parts of model.c.

    Args:
        text: of model.c.
        header: of model.h, which gives names to types and numbers.
        defined: names that are defined when it is compiled.
        where: the file, for messages.

    Raises:
        EdgemlError: it holds something else than this back end writes.
    """
    try:
        return _read(text, header, defined, where)
    except (RecursionError, ValueError, IndexError) as error:
        raise EdgemlError(f"cannot be read ({type(error).__name__})", where, "export again") from None


def _read(text: str, header: str, defined: frozenset[str], where: str) -> CUnit:
    macros: dict[str, int | None] = {}
    head = UnitReader(
        blanked(header, defined, macros, f"{where}, model.h"), dict(TYPES), macros, f"{where}, model.h"
    )
    head.declarations()
    reader = UnitReader(blanked(text, defined, macros, where), head.types, macros, where)
    reader.declarations()
    return reader.unit


class UnitReader:
    """A reader of the text of one file, by recursive descent.

    Args:
        text: as `blanked` gives it.
        types: names of types.
        macros: numbers with names.
        where: the file, for messages.
    """

    def __init__(
        self, text: str, types: dict[str, CType], macros: Mapping[str, int | None], where: str
    ) -> None:
        self.unit, self.types, self._macros, self._where = CUnit(text), types, macros, where
        self._tokens: list[Token] = []
        place = 0
        while match := _TOKEN.match(text, place):
            assert match.lastgroup is not None
            self._tokens.append((match.lastgroup, match[match.lastgroup], match.start(match.lastgroup)))
            place = match.end()
        if text[place:].strip():
            raise self._error(place)
        self._tokens.append(("end", "", len(text)))
        self._at = 0

    # ---------------------------------------------------------------- tokens

    def _error(self, place: int) -> EdgemlError:
        line = self.unit.text.count("\n", 0, place) + 1
        words = self.unit.text[place:].split("\n", 1)[0].strip()[:40]
        return EdgemlError(
            f"has {words!r}, which is not understood", f"{self._where}, line {line}", "export again"
        )

    @property
    def _next(self) -> str:
        return self._tokens[self._at][1]

    @property
    def _start(self) -> int:
        return self._tokens[self._at][2]

    @property
    def _end(self) -> int:
        """Behind the last token that was taken."""
        _, text, start = self._tokens[self._at - 1]
        return start + len(text)

    def _take(self, expected: str = "") -> str:
        kind, text, start = self._tokens[self._at]
        if kind == "end" or (expected and text != expected):
            raise self._error(start)
        self._at += 1
        return text

    def _is(self, *texts: str) -> bool:
        """Takes the tokens if they come next."""
        if tuple(token[1] for token in self._tokens[self._at : self._at + len(texts)]) != texts:
            return False
        self._at += len(texts)
        return True

    def _name(self) -> str:
        kind, text, start = self._tokens[self._at]
        if kind != "name" or text in self._macros:  # the preprocessor would put something else in its place
            raise self._error(start)
        return self._take()

    def _kind(self) -> CKind:
        self._is("const")
        name = self._name()
        if name not in self.types:
            raise self._error(self._tokens[self._at - 1][2])
        self._is("const")
        pointer = self._is("*")
        self._is("const")
        return CKind(self.types[name], pointer)

    # ---------------------------------------------------------------- declarations

    def declarations(self) -> None:
        """Read everything."""
        while self._next:
            if self._is("typedef"):
                self._typedef()
            elif self._is("static", "union", "{"):
                self._union()
            elif self._is("static", "const"):
                self._table()
            else:
                self._function()

    def _typedef(self) -> None:
        if self._is("char"):  # an assertion, which the compiler checks
            while not self._is(";"):
                self._take()
            return
        kind = self._kind()
        self.types[self._name()] = kind.number
        self._take(";")

    def _union(self) -> None:
        while not self._is("}"):
            kind = self._kind()
            name = self._name()
            self._take("[")
            self.unit.arena[name] = (kind.number, self._number())
            self._take("]")
            self._take(";")
        self._take("arena")
        self._take(";")

    def _table(self) -> None:
        kind = self._kind()
        name = self._name()
        self._take("[")
        size = self._number()
        self._take("]")
        self._take("=")
        self._take("{")
        values: list[int] = []
        while not self._is("}"):
            values.append(self._signed())
            if not self._is(","):
                self._take("}")
                break
        self._take(";")
        if (
            len(values) != size
            or kind.pointer
            or not all(kind.number.lo <= v <= kind.number.hi for v in values)
        ):
            raise self._error(self._start)
        self.unit.tables[name] = (kind.number, values)

    def _signed(self) -> int:
        """A number, also one written as -2147483647 - 1."""
        sign = -1 if self._is("-") else 1
        value = sign * self._number()
        while self._is("-"):
            value -= self._number()
        return value

    def _number(self) -> int:
        kind, text, start = self._tokens[self._at]
        if kind != "number":
            raise self._error(start)
        self._at += 1
        return int(text.rstrip("uUlL"), 0)

    def _function(self) -> None:
        self._is("static")
        self._is("inline")
        result = None if self._is("void") else self._kind()
        name = self._name()
        self._take("(")
        parameters: list[tuple[str, CKind]] = []
        while not self._is(")"):
            kind = self._kind()
            parameters.append((self._name(), kind))
            self._is(",")
        if self._is(";"):
            return
        if name in self.unit.functions:
            raise self._error(self._start)
        self.unit.functions[name] = Function(name, result, tuple(parameters), self._block())

    # ---------------------------------------------------------------- statements

    def _block(self) -> Stmt:
        start = self._start
        self._take("{")
        bodies: list[Stmt] = []
        while not self._is("}"):
            bodies += self._statements()
        return Stmt("block", start, bodies=tuple(bodies))

    def _statements(self) -> list[Stmt]:
        """One statement, or one per variable of a declaration."""
        start = self._start
        match self._next:
            case "{":
                return [self._block()]
            case "for":
                return [self._for(start)]
            case "if":
                return [self._if(start)]
            case "return" | "continue":
                word = self._take()
                expr = None if self._is(";") else self._expr()
                if expr is not None:
                    self._take(";")
                return [Stmt(word, start, exprs=(expr,))]
            case word if word == "const" or word in self.types:
                return self._declared(start)
            case _:
                expr = self._expr()
                self._take(";")
                return [Stmt("do", start, exprs=(expr,))]

    def _declared(self, start: int) -> list[Stmt]:
        constant = self._next == "const"
        kind = self._kind()
        results: list[Stmt] = []
        while True:
            name = self._name()
            value = self._assignment() if self._is("=") else None
            results.append(Stmt("declare", start, name, kind, constant and not kind.pointer, (value,)))
            if not self._is(","):
                break
        self._take(";")
        return results

    def _for(self, start: int) -> Stmt:
        self._take("for")
        self._take("(")
        first: tuple[Stmt, ...] = ()
        if not self._is(";"):
            first = tuple(self._statements())
        test = self._expr()
        self._take(";")
        step = self._expr()
        self._take(")")
        return Stmt("for", start, exprs=(test, step), bodies=(self._block(), *first))

    def _if(self, start: int) -> Stmt:
        self._take("if")
        self._take("(")
        test = self._expr()
        self._take(")")
        return Stmt("if", start, exprs=(test,), bodies=(self._block(),))

    # ---------------------------------------------------------------- expressions

    def _expr(self) -> Expr:
        return self._assignment()

    def _assignment(self) -> Expr:
        start, left = self._start, self._choice()
        if self._next in ("=", "+=", "-=", "*=", "|=", "&=", "^=", "<<=", ">>="):
            mark = self._take()
            return Expr("assign", start, mark=mark[:-1], parts=(left, self._assignment()), end=self._end)
        return left

    def _choice(self) -> Expr:
        start, test = self._start, self._binary(0)
        if not self._is("?"):
            return test
        first = self._choice()
        self._take(":")
        second = self._choice()
        return Expr("choice", start, parts=(test, first, second), end=self._end)

    def _binary(self, level: int) -> Expr:
        if level == len(_LEVELS):
            return self._unary()
        start, left = self._start, self._binary(level + 1)
        while self._next in _LEVELS[level]:
            mark = self._take()
            left = Expr("binary", start, mark=mark, parts=(left, self._binary(level + 1)), end=self._end)
        return left

    def _unary(self) -> Expr:
        start = self._start
        if self._next in ("++", "--"):
            mark = self._take()
            return Expr("count", start, mark=mark, parts=(self._unary(),), end=self._end)
        if self._next in ("-", "~", "!", "*", "&", "+"):
            mark = self._take()
            return Expr("unary", start, mark=mark, parts=(self._unary(),), end=self._end)
        if self._next == "(" and self._tokens[self._at + 1][1] in (*self.types, "const", "void"):
            self._take("(")
            kind = None if self._is("void") else self._kind()
            self._take(")")
            return Expr("cast", start, kind=kind, parts=(self._unary(),), end=self._end)
        return self._postfix()

    def _postfix(self) -> Expr:
        start, expr = self._start, self._primary()
        while True:
            if self._is("["):
                expr = Expr("index", start, parts=(expr, self._expr()))
                self._take("]")
            elif self._is("."):
                expr = Expr("member", start, mark=self._name(), parts=(expr,))
            else:
                return expr
            expr.end = self._end

    def _primary(self) -> Expr:
        kind, text, start = self._tokens[self._at]
        if self._is("("):
            inner = self._expr()
            self._take(")")
            return inner
        if kind == "number":
            return self._literal(text, start)
        name = self._take() if self._macros.get(text) is not None else self._name()
        value = self._macros.get(name)
        if value is not None:
            return Expr("number", start, value=value, kind=CKind(INT32), end=self._end)
        if not self._is("("):
            return Expr("name", start, mark=name, end=self._end)
        parts: list[Expr] = []
        while not self._is(")"):
            parts.append(self._assignment())
            self._is(",")
        return Expr("call", start, mark=name, parts=tuple(parts), end=self._end)

    def _literal(self, text: str, start: int) -> Expr:
        """The first of int, long and long long that holds it; with u the unsigned ones."""
        self._at += 1
        suffix = text[len(text.rstrip("uUlL")) :].lower()
        value = int(text.rstrip("uUlL"), 0)
        unsigned = "u" in suffix
        bits = 64 if "l" in suffix or value > CType(32, not unsigned).hi else 32
        kind = CType(bits, not unsigned)
        if value > kind.hi or (text.lower().startswith("0x") and not unsigned):
            raise self._error(start)
        return Expr("number", start, value=value, kind=CKind(kind), end=self._end)
