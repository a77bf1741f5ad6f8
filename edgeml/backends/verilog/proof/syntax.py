"""The parts of the Verilog that the prover reads: modules, their nets, what drives these, and expressions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class ExprKind(Enum):
    """The kind of an expression."""

    NUMBER = "number"
    NAME = "name"
    BIT = "bit"
    PART = "part"
    PLUS = "plus"
    JOIN = "join"
    REPEAT = "repeat"
    UNARY = "unary"
    BINARY = "binary"
    CHOICE = "choice"
    SIGNED = "signed"
    CALL = "call"


@dataclass(frozen=True, slots=True)
class VExpr:
    """An expression.

    Args:
        kind: what it is.
        line: where it begins.
        mark: a name or an operator.
        parts: operands; of a PART its bounds, of PLUS its start and width, of REPEAT the count first.
        value: of a NUMBER.
        width: of a NUMBER, its bits.
        signed: a signed NUMBER.
    """

    kind: ExprKind
    line: int
    mark: str = ""
    parts: tuple[VExpr, ...] = ()
    value: int = 0
    width: int = 0
    signed: bool = False


@dataclass(frozen=True, slots=True)
class TextSpan:
    """A piece of the text of a module.

    Args:
        start: its first character.
        end: the one behind it.
    """

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Net:
    """A declared wire or register, or a port.

    Args:
        name: of the net.
        line: of its declaration.
        high: its highest bit; None for a single bit.
        signed: two's complement.
        register: it is a `reg`.
        direction: "input" or "output" of a port, else "".
        named: the place of its name.
        statement: the place of its declaration, with the semicolon.
    """

    name: str
    line: int
    high: VExpr | None
    signed: bool
    register: bool
    direction: str
    named: TextSpan
    statement: TextSpan


@dataclass(frozen=True, slots=True)
class Assignment:
    """A driver of a net, or of some of its bits.

    Args:
        target: NAME, BIT, PART or PLUS.
        source: the expression.
        clock: of a register, else None.
        enable: of a register; None if it takes a number at every clock.
        loops: variable and number of turns of the loops around it.
    """

    target: VExpr
    source: VExpr
    clock: VExpr | None = None
    enable: VExpr | None = None
    loops: tuple[tuple[str, VExpr], ...] = ()


@dataclass(frozen=True, slots=True)
class Instance:
    """A module inside of another one.

    Args:
        module: its name.
        name: of the instance.
        line: where it stands.
        parameters: by name.
        pins: expressions by port; None for one that is left open.
        inside: the place behind the parenthesis that opens the pins.
    """

    module: str
    name: str
    line: int
    parameters: Mapping[str, VExpr]
    pins: Mapping[str, VExpr | None]
    inside: int


@dataclass(frozen=True, slots=True)
class Table:
    """A function that is a case over its argument.

    Args:
        name: of the function.
        high: the highest bit of its result; None for a single bit.
        argument: the highest bit of its argument.
        entries: results by argument.
        default: the result for all others.
    """

    name: str
    high: VExpr | None
    argument: VExpr | None
    entries: Mapping[int, int]
    default: int


@dataclass
class Module:
    """A module.

    Args:
        name: of the module.
        file: its file, for messages.
        text: of the file.
        inside: the place behind the parenthesis that opens the ports.
        parameters: default values.
        nets: all nets, ports included, in order.
        drivers: what drives them.
        instances: in order.
        tables: functions.
    """

    name: str
    file: str
    text: str
    inside: int = 0
    parameters: dict[str, VExpr] = field(default_factory=dict[str, VExpr])
    nets: dict[str, Net] = field(default_factory=dict[str, Net])
    drivers: list[Assignment] = field(default_factory=list[Assignment])
    instances: list[Instance] = field(default_factory=list[Instance])
    tables: dict[str, Table] = field(default_factory=dict[str, Table])
