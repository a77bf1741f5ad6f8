"""The inputs and outputs of a program: names, types and scales in C, and in edgeml.json."""

from __future__ import annotations

import math
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import AfterValidator, Field

from edgeml.backends.c.integers import CType
from edgeml.documents import Document, Record
from edgeml.ir import ValueInfo

MANIFEST = "edgeml.json"

Identifier = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]*$", max_length=100)]
GraphName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.]*$")]
Count = Annotated[int, Field(ge=0, le=1 << 48)]
Bytes = Annotated[int, Field(ge=0, le=1 << 40)]
FilePath = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*(/[A-Za-z_][A-Za-z0-9_]*)*\.(c|h|hpp)$")]


class CPort(Record):
    """An input or output: an array of integer codes in C order.

    Args:
        value: name in the graph.
        name: in C: the argument, and the stem of `<prefix>_<name>_t`.
        type: of an element in memory, "uint8_t".
        shape: without the batch axis.
        signed: two's complement.
        width: bits of a code.
        frac: fractional bits per element in C order; one number if they are all equal.
    """

    value: GraphName
    name: Identifier
    type: Literal["int8_t", "uint8_t", "int16_t", "uint16_t", "int32_t", "uint32_t", "int64_t"]
    shape: tuple[Count, ...]
    signed: bool
    width: Annotated[int, Field(ge=1, le=64)]
    frac: int | tuple[int, ...]

    @property
    def size(self) -> int:
        """Elements."""
        return math.prod(self.shape)

    @property
    def kind(self) -> CType:
        """The type of an element."""
        return CType(int(self.type.strip("uint_")), self.type.startswith("i"))

    @property
    def item_bytes(self) -> int:
        """Bytes of one element."""
        return self.kind.size


def _filled(ports: tuple[CPort, ...]) -> tuple[CPort, ...]:
    if not ports or not all(port.size for port in ports):
        raise ValueError("a program has inputs and outputs, and none of them is empty")
    return ports


Ports = Annotated[tuple[CPort, ...], AfterValidator(_filled)]


class CManifest(Document):
    """The object behind edgeml.json.

    Args:
        model: name of the graph.
        graph: its digest.
        prefix: how public names begin: the function is `<prefix>_run`.
        inputs: arguments of the function, in order.
        outputs: arguments behind them, in order.
        arena_bytes: of the static memory that the function works in.
        constant_bytes: of all constant arrays.
        traced: values that the macro EDGEML_TRACE gives away, by their numbers; named as their functions.
        sources: C files.
        headers: of the library.
        options: what it was written with.
    """

    what: ClassVar[str] = "manifest of edgeml's C"
    remedy: ClassVar[str] = "export again"

    schema_: Literal[1] = Field(default=1, alias="schema")
    model: GraphName
    graph: str
    prefix: Identifier
    inputs: Ports
    outputs: Ports
    arena_bytes: Bytes
    constant_bytes: Bytes
    traced: tuple[CPort, ...]
    sources: tuple[FilePath, ...]
    headers: tuple[FilePath, ...]
    options: dict[str, Any]


def port(value: str, name: str, info: ValueInfo, kind: CType) -> CPort:
    """The port of a graph value."""
    fracs = np.broadcast_to(np.asarray(info.type.frac, np.int64), info.shape).reshape(-1).tolist()
    widths = np.asarray(info.type.width)
    return CPort(
        value=value,
        name=name,
        type=kind.name,  # pyright: ignore[reportArgumentType]  # a string in general, one of these here
        shape=info.shape,
        signed=info.type.signed,
        width=int(widths.max()),
        frac=fracs[0] if len(set(fracs)) == 1 else tuple(fracs),
    )
