"""Reads the C that this back end writes, as far as it is needed to carry it out.

Known is the part of C99 in which model.c is written: integer types, constant arrays, one union, functions
with loops. Everything else is refused; a file that was edited beyond it cannot be proven.

Invariant: a construct that is read means what C99 says; every node knows its place in the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from edgeml.backends.c.integers import INT32, CType
from edgeml.errors import EdgemlError

TYPES: Mapping[str, CType] = {
    **{kind.name: kind for bits in (8, 16, 32, 64) for kind in (CType(bits, True), CType(bits, False))},
    "int": INT32,
}


_ODD = re.compile(r"\\\n|\?\?|%:|<:|<%|//|\"[^\"\n]*/\*")
"""Spellings that the preprocessor takes for something else: joined lines, other names of '#', of comments."""

_UNREAD = r'|"\w*"|\(.*\)|-?\d+'
"""Text of a macro that stands in model.h for people; the program does not read it."""

_DIRECTIVES = ("#if", "#ifdef", "#ifndef", "#else", "#endif", "#define", "#include")


@dataclass(frozen=True)
class CKind:
    """A type: of a number, or of a pointer to numbers."""

    number: CType
    pointer: bool = False

    def __str__(self) -> str:
        return f"a pointer to {self.number.name}" if self.pointer else f"a number of {self.number.name}"


@dataclass(eq=False)
class Expr:
    """An expression.

    Args:
        what: "number", "name", "unary", "binary", "choice", "cast", "call", "index", "member", "assign" or
            "count".
        start: its first character in the file.
        end: behind its last one.
        mark: the operator, name or function.
        parts: operands.
        value: of a number.
        kind: of a number, or what a cast makes; None for (void).
    """

    what: str
    start: int
    end: int = 0
    mark: str = ""
    parts: tuple[Expr, ...] = ()
    value: int = 0
    kind: CKind | None = None

    def same(self, other: Expr) -> bool:
        """True if both are written alike."""
        own = (self.what, self.mark, self.value, self.kind, len(self.parts))
        if own != (other.what, other.mark, other.value, other.kind, len(other.parts)):
            return False
        return all(a.same(b) for a, b in zip(self.parts, other.parts, strict=True))


@dataclass(eq=False)
class Stmt:
    """A statement.

    Args:
        what: "declare", "do", "for", "if", "return", "continue", "block".
        start: its first character in the file.
        name: of what is declared.
        kind: of what is declared.
        constant: whether what is declared never changes.
        exprs: initial value; expression; first, test and step of a loop; test of an `if`; what is returned.
        bodies: of a loop, a block, or both branches.
    """

    what: str
    start: int
    name: str = ""
    kind: CKind | None = None
    constant: bool = False
    exprs: tuple[Expr | None, ...] = ()
    bodies: tuple[Stmt, ...] = ()


@dataclass(eq=False)
class Function:
    """A function with its parameters and body; `result` is None for void."""

    name: str
    result: CKind | None
    parameters: tuple[tuple[str, CKind], ...]
    body: Stmt


@dataclass
class CUnit:
    """A file.

    Args:
        text: with comments and what is left out by conditions blanked; as long as the file.
        tables: constant arrays.
        arena: members of the union, with their numbers of elements.
        functions: by name.
    """

    text: str
    tables: dict[str, tuple[CType, list[int]]] = field(default_factory=dict[str, "tuple[CType, list[int]]"])
    arena: dict[str, tuple[CType, int]] = field(default_factory=dict[str, "tuple[CType, int]"])
    functions: dict[str, Function] = field(default_factory=dict[str, Function])


def blanked(text: str, defined: frozenset[str], macros: dict[str, int | None], where: str) -> str:
    """The text with comments, directives and what their conditions leave out as blanks, at its places.

    Args:
        text: of a file.
        defined: names that #ifdef takes as defined.
        macros: gets the numbers that the file gives names to, and None for other text.
        where: the file, for messages.

    Raises:
        EdgemlError: a directive that is not understood.
    """
    odd = _ODD.search(text)
    if odd:
        raise EdgemlError(f"has {odd[0]!r}, which is not understood", where, "export again")
    plain = re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m[0]), text, flags=re.DOTALL)
    lines: list[str] = []
    branches = [True]
    for number, line in enumerate(plain.split("\n"), 1):
        words = line.split()
        if not line.lstrip().startswith("#"):
            lines.append(line if all(branches) else " " * len(line))
            continue
        lines.append(" " * len(line))
        if words[0] not in _DIRECTIVES:
            raise EdgemlError(f"has {line.strip()!r}, which is not understood", f"{where}, line {number}")
        match words:
            case ["#ifdef", name]:
                branches.append(name in defined or name in macros)
            case ["#ifndef", name]:
                branches.append(name not in defined and name not in macros)
            case ["#else"] if len(branches) > 1:
                branches[-1] = not branches[-1]
            case ["#endif"] if len(branches) > 1:
                branches.pop()
            case _ if not all(branches):
                if words[0] == "#if":
                    branches.append(False)
            case _:
                _text_of(words, line, macros, f"{where}, line {number}")
    if len(branches) > 1:
        raise EdgemlError("has a condition without an end", where, "export again")
    return "\n".join(lines)


def _text_of(words: list[str], line: str, macros: dict[str, int | None], where: str) -> None:
    """Take an #include that is known, or a #define of a number or of text that nothing reads."""
    match words:
        case ["#include", '"model.h"' | "<string.h>" | "<stdint.h>"]:
            return
        case ["#define", name, value] if re.fullmatch(r"0|[1-9]\d*", value) and name not in TYPES:
            macros[name] = int(value)
            return
        case ["#define", name, *rest] if "(" not in name and re.fullmatch(_UNREAD, " ".join(rest)):
            macros[name] = None
            return
        case _:
            raise EdgemlError(f"has {line.strip()!r}, which is not understood", where, "export again")
