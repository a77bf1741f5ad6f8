"""Reads the part of Verilog in which edgeml writes its designs.

Invariant: what is not understood is an error with its line; nothing is skipped but comments, and no comment
that a tool takes as an instruction.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from typing import NamedTuple, NoReturn

from edgeml.backends.verilog.proof.syntax import (
    Assignment,
    ExprKind,
    Instance,
    Module,
    Net,
    Table,
    TextSpan,
    VExpr,
)
from edgeml.errors import EdgemlError

_TOKEN = re.compile(
    r"\s+|//(?P<comment>[^\n]*)|(?P<number>\d+'(?:s?d\d+|b[01]+|h[0-9a-f]+)|\d+(?!'))|(?P<name>\$?[A-Za-z_]\w*)"
    r"|(?P<mark><<<|>>>|<=|>=|==|!=|\+:|-:|[-+*&|^~?:;,.#@(){}\[\]=<>])"
)
_INSTRUCTIONS = re.compile(
    r"\s*(verilator|synopsys|synthesis|pragma|coverage|ambit|cadence|parasoft)\b", re.I
)
_HARMLESS = re.compile(r"\s*verilator lint_off [A-Z]+\s*$")
_LEVELS: tuple[tuple[str, ...], ...] = (
    ("|",),
    ("^",),
    ("&",),
    ("==", "!="),
    ("<", "<=", ">", ">="),
    ("<<<", ">>>"),
    ("+", "-"),
    ("*",),
)
_LONGEST_NUMBER = 4000
_DEEPEST = 40
_MOST_TERMS = 40


class _Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int


def read_module(text: str, file: str, head: bool = False) -> Module:
    """The module of a file.

    Args:
        text: of the file.
        file: for messages.
        head: read parameters and ports alone.

    Raises:
        EdgemlError: something is not understood; names file and line.
    """
    if not head:
        return _Parser(text, file).module(head)
    module = _Parser(text.partition("\n);")[0] + "\n);", file).module(head)
    module.text = text
    return module


class _Parser:
    def __init__(self, text: str, file: str) -> None:
        self._text, self._file = text, file
        self._lines = [0, *(match.end() for match in re.finditer("\n", text))]
        self._tokens = self._read()
        self._at = 0
        self._depth = 0
        self._out = Module("", file, text)

    # ---------------------------------------------------------------- tokens

    def _read(self) -> list[_Token]:
        tokens: list[_Token] = []
        at, text = 0, self._text
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                raise self._error("is not understood", at)
            comment = match["comment"]
            if comment is not None and _INSTRUCTIONS.match(comment) and not _HARMLESS.match(comment):
                raise self._error("a comment that is an instruction", at)
            if match.lastgroup not in (None, "comment"):
                tokens.append(_Token(match.lastgroup, match[0], at, match.end()))
            at = match.end()
        tokens.append(_Token("end", "", at, at))
        return tokens

    def _line(self, place: int) -> int:
        return bisect_right(self._lines, place)

    def _error(self, what: str, place: int | None = None) -> EdgemlError:
        at = self._tokens[self._at].start if place is None else place
        piece = self._text[at : at + 40].split("\n")[0].strip()
        return EdgemlError(f"{what}: {piece}" if piece else what, f"{self._file}, line {self._line(at)}")

    def _fail(self, what: str = "is not understood") -> NoReturn:
        raise self._error(what)

    def _is(self, text: str) -> bool:
        return self._tokens[self._at].text == text

    def _took(self, text: str) -> bool:
        if self._is(text):
            self._at += 1
            return True
        return False

    def _need(self, *texts: str) -> None:
        for text in texts:
            if not self._took(text):
                self._fail(f"{text} is expected here")

    def _name(self) -> _Token:
        token = self._tokens[self._at]
        if token.kind != "name" or token.text.startswith("$"):
            self._fail("a name is expected here")
        self._at += 1
        return token

    # ---------------------------------------------------------------- modules

    def module(self, head: bool) -> Module:
        self._need("module")
        self._out.name = self._name().text
        if self._took("#"):
            self._need("(")
            self._listed(lambda: self._parameter(head))
        self._need("(")
        self._out.inside = self._tokens[self._at - 1].end
        self._listed(self._port)
        self._need(";")
        if head:
            return self._out
        while not self._took("endmodule"):
            self._item(())
        if self._tokens[self._at].kind != "end":
            self._fail("only one module in a file is understood")
        return self._out

    def _listed(self, one: Callable[[], None]) -> None:
        while not self._took(")"):
            one()
            if not self._is(")"):
                self._need(",")

    def _parameter(self, head: bool) -> None:
        self._need("parameter")
        if head:
            self._range()
        name = self._name().text
        self._need("=")
        self._out.parameters[name] = self._expr()

    def _port(self) -> None:
        start = self._tokens[self._at].start
        direction = self._tokens[self._at].text
        if not (self._took("input") or self._took("output")):
            self._fail()
        register = self._is("reg")
        if not (self._took("wire") or self._took("reg")):
            self._fail()
        self._declared(start, register, direction)

    def _declared(self, start: int, register: bool, direction: str, loops: bool = False) -> None:
        """The names of a declaration, all of them, or the one name of a port."""
        signed = self._took("signed")
        high = self._range()
        while True:
            token = self._name()
            name = token.text
            if name in self._out.nets or loops:
                self._fail(f"{name} is declared again, or in a loop")
            source: VExpr | None = None
            if not direction and self._took("="):
                source = self._expr()
            more = not direction and self._took(",")
            end = self._tokens[self._at].end
            self._out.nets[name] = Net(
                name, self._line(token.start), high, signed, register, direction,
                TextSpan(token.start, token.end), TextSpan(start, end),
            )  # fmt: skip
            if source is not None:
                if register:
                    self._fail("a register with a first value")
                self._out.drivers.append(Assignment(VExpr(ExprKind.NAME, source.line, name), source))
            if not more:
                break
        if not direction:
            self._need(";")

    def _range(self) -> VExpr | None:
        if not self._took("["):
            return None
        high = self._expr()
        self._need(":", "0", "]")
        return high

    def _item(self, loops: tuple[tuple[str, VExpr], ...]) -> None:
        token = self._tokens[self._at]
        match token.text:
            case "genvar":
                self._at += 1
                self._name()
                self._need(";")
            case "wire" | "reg":
                self._at += 1
                self._declared(token.start, token.text == "reg", "", bool(loops))
            case "assign":
                self._at += 1
                self._assigned(loops)
                while self._took(","):
                    self._assigned(loops)
                self._need(";")
            case "generate" if not loops:
                self._at += 1
                while not self._took("endgenerate"):
                    self._loop(())
            case "always":
                self._always(loops)
            case "function" if not loops:
                self._table()
            case _ if token.kind == "name" and not loops:
                self._instance()
            case _:
                self._fail()

    def _assigned(self, loops: tuple[tuple[str, VExpr], ...]) -> None:
        target = self._target()
        self._need("=")
        self._out.drivers.append(Assignment(target, self._expr(), loops=loops))

    def _loop(self, loops: tuple[tuple[str, VExpr], ...]) -> None:
        """for (i = 0; i < N; i = i + 1) begin : label ... end."""
        self._need("for", "(")
        name = self._name().text
        self._need("=", "0", ";", name, "<")
        turns = self._expr()
        self._need(";", name, "=", name, "+", "1", ")", "begin", ":")
        self._name()
        while not self._took("end"):
            self._item((*loops, (name, turns)))

    def _target(self) -> VExpr:
        target = self._primary()
        if target.kind not in (ExprKind.NAME, ExprKind.BIT, ExprKind.PART, ExprKind.PLUS):
            self._fail("is assigned to")
        return target

    def _always(self, loops: tuple[tuple[str, VExpr], ...]) -> None:
        """always @(posedge clk) [if (enable)] registers."""
        self._need("always", "@", "(", "posedge")
        clock = self._expr()
        self._need(")")
        enable: VExpr | None = None
        if self._took("if"):
            self._need("(")
            enable = self._expr()
            self._need(")")
        block = self._took("begin")
        while True:
            target = self._target()
            self._need("<=")
            self._out.drivers.append(Assignment(target, self._expr(), clock, enable, loops))
            self._need(";")
            if not block or self._took("end"):
                break
        if self._is("else"):
            self._fail()

    def _table(self) -> None:
        """function [..] name; input [..] code; case (code) ... endcase endfunction."""
        self._need("function")
        high, name = self._range(), self._name().text
        self._need(";", "input")
        argument = self._range()
        code = self._name().text
        self._need(";", "case", "(", code, ")")
        entries: dict[int, int] = {}
        default: int | None = None
        while not self._took("endcase"):
            if default is not None:
                self._fail("stands behind the default of a table")
            label = None if self._took("default") else self._unsigned()
            self._need(":", name, "=")
            result = self._unsigned()
            self._need(";")
            if label is None:
                default = result
            else:
                entries.setdefault(label, result)
        self._need("endfunction")
        if default is None or name in self._out.tables:
            self._fail("a table without a default, or of a name that is there already")
        self._out.tables[name] = Table(name, high, argument, entries, default)

    def _unsigned(self) -> int:
        number = self._number()
        if number.signed:
            self._fail("a signed number in a table")
        return number.value

    def _instance(self) -> None:
        token = self._name()
        parameters: dict[str, VExpr | None] = {}
        if self._took("#"):
            self._need("(")
            self._listed(lambda: self._pin(parameters))
        name = self._name().text
        self._need("(")
        inside = self._tokens[self._at - 1].end
        pins: dict[str, VExpr | None] = {}
        self._listed(lambda: self._pin(pins))
        self._need(";")
        values = {key: value for key, value in parameters.items() if value is not None}
        line = self._line(token.start)
        self._out.instances.append(Instance(token.text, name, line, values, pins, inside))

    def _pin(self, pins: dict[str, VExpr | None]) -> None:
        self._need(".")
        name = self._name().text
        self._need("(")
        if name in pins:
            self._fail(f"{name} is connected twice")
        pins[name] = None if self._is(")") else self._expr()
        self._need(")")

    # ---------------------------------------------------------------- expressions

    def _expr(self) -> VExpr:
        self._deeper()
        result = self._binary(0)
        if self._took("?"):
            first = self._expr()
            self._need(":")
            result = VExpr(ExprKind.CHOICE, result.line, parts=(result, first, self._expr()))
        self._depth -= 1
        return result

    def _binary(self, level: int) -> VExpr:
        if level == len(_LEVELS):
            return self._unary()
        left = self._binary(level + 1)
        count = 0
        while self._tokens[self._at].text in _LEVELS[level]:
            count += 1
            if count > _MOST_TERMS:
                self._fail(f"more than {_MOST_TERMS} terms of one kind")
            mark = self._tokens[self._at].text
            self._at += 1
            left = VExpr(ExprKind.BINARY, left.line, mark, (left, self._binary(level + 1)))
        return left

    def _unary(self) -> VExpr:
        token = self._tokens[self._at]
        if token.text in ("-", "~", "|", "&"):
            self._at += 1
            self._deeper()
            result = VExpr(ExprKind.UNARY, self._line(token.start), token.text, (self._unary(),))
            self._depth -= 1
            return result
        return self._primary()

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            self._fail("is nested too deeply")

    def _number(self) -> VExpr:
        token = self._tokens[self._at]
        if token.kind != "number" or len(token.text) > _LONGEST_NUMBER:
            self._fail("a number is expected here")
        self._at += 1
        line = self._line(token.start)
        size, mark, digits = token.text.partition("'")
        if not mark:
            return VExpr(ExprKind.NUMBER, line, value=int(size), width=32, signed=True)
        signed = digits.startswith("s")
        base = {"b": 2, "h": 16}.get(digits[0], 10)
        width, value = int(size), int(digits[1 + signed :], base)
        if not 0 < width <= 1 << 20 or value >= 1 << width:
            raise self._error(f"{token.text} does not fit its bits", token.start)
        return VExpr(ExprKind.NUMBER, line, value=value, width=width, signed=signed)

    def _primary(self) -> VExpr:
        token = self._tokens[self._at]
        line = self._line(token.start)
        if token.kind == "number":
            return self._number()
        if self._took("("):
            inner = self._expr()
            self._need(")")
            return inner
        if self._took("{"):
            return self._join(line)
        if self._took("$signed"):
            self._need("(")
            inner = self._expr()
            self._need(")")
            return VExpr(ExprKind.SIGNED, line, parts=(inner,))
        name = self._name().text
        if self._took("("):
            inner = self._expr()
            self._need(")")
            return VExpr(ExprKind.CALL, line, name, (inner,))
        if self._took("["):
            return self._select(line, name)
        return VExpr(ExprKind.NAME, line, name)

    def _select(self, line: int, name: str) -> VExpr:
        first = self._expr()
        if self._took("]"):
            return VExpr(ExprKind.BIT, line, name, (first,))
        kind = ExprKind.PLUS if self._took("+:") else ExprKind.PART
        if kind is ExprKind.PART:
            self._need(":")
        second = self._expr()
        self._need("]")
        return VExpr(kind, line, name, (first, second))

    def _join(self, line: int) -> VExpr:
        first = self._expr()
        if self._took("{"):
            inner = self._join(line)
            self._need("}")
            return VExpr(ExprKind.REPEAT, line, parts=(first, inner))
        parts = [first]
        while self._took(","):
            parts.append(self._expr())
        self._need("}")
        return VExpr(ExprKind.JOIN, line, parts=tuple(parts))
