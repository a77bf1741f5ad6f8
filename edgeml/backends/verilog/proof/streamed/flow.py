"""The nets of a design that depend on data, read off the text of every module, statement by statement.

A net depends on what is assigned to it, on the indices of both sides, and on the conditions around the
assignment. If no bit of the handshake depends on data, a design does the same with every sample that comes
at the same clocks; and if what carries data is only selected, joined and held, data are
moved and not changed.

Invariant: what is not understood is an error with its line; too many nets depend on data rather than too few.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from edgeml.errors import EdgemlError

_TOKEN = re.compile(
    r"\s+|//[^\n]*|(?P<number>\d+'s?[bdh][0-9a-fA-F]+|\d+)|(?P<name>\$?[A-Za-z_]\w*)"
    r"|(?P<mark><<<|>>>|<=|>=|==|!=|&&|\|\||<<|>>|\+:|-:|[-+*/%&|^~!?:;,.#@(){}\[\]=<>])"
)
_TYPES = ("wire", "reg", "integer", "genvar", "localparam")
_MOVES = frozenset("{},?:")


@dataclass(frozen=True)
class _Use:
    """An assignment: nets that get something, and what it depends on."""

    targets: tuple[str, ...]
    source: tuple[str, ...]
    controls: frozenset[str]
    line: int


@dataclass(frozen=True)
class _Inner:
    """An instance: its pins by port, each as the names in it."""

    module: str
    name: str
    pins: Mapping[str, tuple[str, ...]]
    line: int


@dataclass
class FlowModule:
    """The nets of a module and their drivers.

    Args:
        name: of the module.
        file: for messages.
        inputs: its input ports.
        outputs: its output ports.
    """

    name: str
    file: str
    inputs: list[str] = field(default_factory=list[str])
    outputs: list[str] = field(default_factory=list[str])
    uses: list[_Use] = field(default_factory=list[_Use])
    inner: list[_Inner] = field(default_factory=list[_Inner])


class _Reader:
    def __init__(self, text: str, file: str) -> None:
        self._file = file
        self._tokens: list[str] = []
        self._lines: list[int] = []
        at, line = 0, 1
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                raise EdgemlError("is not understood", f"{file}, line {line}")
            if match.lastgroup is not None:
                self._tokens.append(match[0])
                self._lines.append(line)
            line += match[0].count("\n")
            at = match.end()
        self._tokens.append("")
        self._lines.append(0)
        self._at = 0
        self._out = FlowModule("", file)

    # ---------------------------------------------------------------- tokens

    def _is(self, text: str) -> bool:
        return self._tokens[self._at] == text

    def _took(self, text: str) -> bool:
        if self._is(text):
            self._at += 1
            return True
        return False

    def _need(self, text: str) -> None:
        if not self._took(text):
            where = f"{self._file}, line {self._lines[self._at]}"
            raise EdgemlError(f"{text} is expected in front of {self._tokens[self._at]}", where)

    def _next(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1]

    def _until(self, *ends: str) -> list[str]:
        """The tokens up to one of some marks outside of all brackets; the mark is left."""
        depth, first = 0, self._at
        while depth or self._tokens[self._at] not in ends:
            token = self._tokens[self._at]
            if token in ("", "endmodule"):
                self._need(ends[0])
            depth += (token in "([{") - (token in ")]}")
            self._at += 1
        return self._tokens[first : self._at]

    def _bracket(self, first: str, last: str) -> list[str]:
        self._need(first)
        inside = self._until(last)
        self._need(last)
        return inside

    # ---------------------------------------------------------------- module

    def module(self) -> FlowModule:
        self._need("module")
        self._out.name = self._next()
        if self._took("#"):
            self._bracket("(", ")")
        direction, last = "", ""
        for token in [*self._bracket("(", ")"), ","]:
            if token in ("input", "output"):
                direction = token
            elif token == ",":
                (self._out.inputs if direction == "input" else self._out.outputs).append(last)
            elif token.isidentifier():
                last = token
        self._need(";")
        while not self._took("endmodule"):
            self._statement(frozenset())
        return self._out

    def _statement(self, conditions: frozenset[str]) -> None:
        token, line = self._tokens[self._at], self._lines[self._at]
        if token in _TYPES:
            self._declaration(conditions, line)
        elif token in ("assign", "generate", "endgenerate", "initial"):
            self._at += 1
            if token == "assign":
                self._assignments(conditions, line)
        elif token == "always":
            self._at += 1
            self._need("@")
            events = [self._next()] if self._is("*") else self._bracket("(", ")")
            self._statement(conditions | _names(events))
        elif token in ("begin", "if", "for"):
            self._at += 1
            self._block(token, conditions)
        elif token == "function":
            while not self._took("endfunction"):
                self._at += 1
        elif token == "{" or (token.isidentifier() and self._tokens[self._at + 1] in ("<=", "=", "[")):
            self._assignments(conditions, line)
        elif token.isidentifier():
            self._instance(line)
        else:
            self._need("a statement")

    def _block(self, token: str, conditions: frozenset[str]) -> None:
        """Statements that others stand in."""
        if token == "begin":
            if self._took(":"):
                self._at += 1
            while not self._took("end"):
                self._statement(conditions)
            return
        inner = conditions | _names(self._bracket("(", ")"))
        self._statement(inner)
        if token == "if" and self._took("else"):
            self._statement(inner)

    def _declaration(self, conditions: frozenset[str], line: int) -> None:
        self._at += 1
        self._took("signed")
        if self._is("["):
            self._bracket("[", "]")
        while True:
            name = self._next()
            if self._is("["):  # a memory
                self._bracket("[", "]")
            if self._took("="):
                self._use((name,), self._until(",", ";"), conditions, line)
            if not self._took(","):
                break
        self._need(";")

    def _assignments(self, conditions: frozenset[str], line: int) -> None:
        while True:
            target = self._until("<=", "=")
            self._at += 1
            whole = tuple(sorted(_names(_outside(target))))
            self._use(whole, self._until(",", ";"), conditions | (_names(target) - set(whole)), line)
            if not self._took(","):
                break
        self._need(";")

    def _use(
        self, targets: tuple[str, ...], source: list[str], conditions: frozenset[str], line: int
    ) -> None:
        self._out.uses.append(_Use(targets, tuple(source), conditions, line))

    def _instance(self, line: int) -> None:
        module = self._next()
        if self._took("#"):
            self._bracket("(", ")")
        name = self._next()
        self._need("(")
        pins: dict[str, tuple[str, ...]] = {}
        while not self._took(")"):
            self._need(".")
            port = self._next()
            pins[port] = tuple(sorted(_names(self._bracket("(", ")"))))
            if not self._is(")"):
                self._need(",")
        self._need(";")
        self._out.inner.append(_Inner(module, name, pins, line))


def _names(tokens: Iterable[str]) -> frozenset[str]:
    return frozenset(token for token in tokens if token.isidentifier())


def _outside(tokens: Iterable[str]) -> Iterator[str]:
    """The tokens outside of square brackets."""
    depth = 0
    for token in tokens:
        depth -= token == "]"
        if not depth and token not in "[]":
            yield token
        depth += token == "["


def _tests(tokens: Iterable[str]) -> frozenset[str]:
    """The names in what stands in front of a question mark."""
    names, test = set[str](), set[str]()
    for token in tokens:
        if token == "?":
            names |= test
        if token in "{,?:(":
            test = set[str]()
        test |= _names((token,))
    return frozenset(names)


def read_flow(text: str, file: str) -> FlowModule:
    """The nets of the module of a file.

    Raises:
        EdgemlError: something is not understood; names file and line.
    """
    return _Reader(text, file).module()


class DataFlows:
    """The nets of modules that depend on data.

    Args:
        modules: by name.
    """

    def __init__(self, modules: Mapping[str, FlowModule]) -> None:
        self._modules = modules
        self._done: dict[tuple[str, frozenset[str]], frozenset[str]] = {}

    def nets(self, module: str, data: frozenset[str]) -> frozenset[str]:
        """The nets of a module that depend on some of its inputs.

        Raises:
            EdgemlError: there is no such module.
        """
        key = (module, data)
        if key not in self._done:
            of = self._modules.get(module)
            if of is None:
                raise EdgemlError(f"there is no module {module}")
            self._done[key] = self._closure(of, data)
        return self._done[key]

    def _closure(self, of: FlowModule, data: frozenset[str]) -> frozenset[str]:
        reached, grows = set(data), True
        while grows:
            before = len(reached)
            for use in of.uses:
                if not reached.isdisjoint(use.source) or not reached.isdisjoint(use.controls):
                    reached.update(use.targets)
            for inner in of.inner:
                reached.update(self._driven(inner, reached))
            grows = len(reached) > before
        return frozenset(reached)

    def _driven(self, inner: _Inner, reached: Collection[str]) -> Iterator[str]:
        """The nets that an instance drives from data."""
        within = self._modules.get(inner.module)
        if within is None:
            raise EdgemlError(f"there is no module {inner.module}")
        marks = frozenset(p for p in within.inputs if not set(inner.pins.get(p, ())).isdisjoint(reached))
        if marks:
            for port in set(within.outputs) & self.nets(inner.module, marks):
                yield from inner.pins.get(port, ())

    def pins(self, module: str, data: frozenset[str]) -> Iterator[tuple[str, str, str]]:
        """The pins of the instances in a module that get what depends on data: name, module and port."""
        reached = self.nets(module, data)
        for inner in self._modules[module].inner:
            for port in self._modules[inner.module].inputs:
                if not reached.isdisjoint(inner.pins.get(port, ())):
                    yield inner.name, inner.module, port

    def only_moves(self, module: str, data: frozenset[str]) -> str:
        """Empty if a module only selects, joins and holds what depends on data; else where not."""
        of, reached = self._modules[module], self.nets(module, data)
        for use in of.uses:
            if not reached.isdisjoint(use.controls):
                return f"{of.file}, line {use.line}"
            if reached.isdisjoint(use.source):
                continue
            inside = _names(use.source) - _names(tuple(_outside(use.source)))
            marks = {token for token in _outside(use.source) if not token.isalnum() and "_" not in token}
            if (
                not reached.isdisjoint(inside | _tests(use.source))
                or not {m for m in marks if "'" not in m} <= _MOVES
            ):
                return f"{of.file}, line {use.line}"
        return f"{of.file} has modules inside" if of.inner else ""
