"""The contract of an op; `edgeml.ir.composite` has the one of ops that are made of others.

An op is a frozen dataclass whose fields are its attributes. Core ops say what they make of intervals
(`infer`), of integers (`evaluate`) and of the grids that values lie on (`grid`), how many bits their partial
sums need (`demand`), how finitely many vectors determine them (`structure`), and of which `kind` they are.
None of it has a default: a class that lacks one cannot be made.

Invariant: for every input within its interval and on its grid, `evaluate` is exact, within the interval that
`infer` gave, and on the grid that `grid` gave.

To add an op, add one file `ir/ops/<name>.py` with one `Op` subclass whose name is the file's name in
CamelCase. Nothing has to be registered; the contract tests find it.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import fields
from functools import cache
from typing import Any, ClassVar, cast, get_type_hints

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray
from edgeml.ir.attributes import conform
from edgeml.ir.info import ValueInfo
from edgeml.ir.kind import Kind
from edgeml.ir.steps import GridInfo
from edgeml.ir.structure import Structure


class Op(ABC):
    """One operation. Subclasses are frozen dataclasses with `eq=False`; equality is by attributes.

    Attributes are brought to the kinds their fields declare: NumPy integers to int, lists to tuples,
    arrays to read-only int64 copies.

    A class that other ops are made from says so: `class Linear(Op, abstract=True)`.

    Raises:
        EdgemlError: an attribute is nothing of the kind its field declares.
        TypeError: when the class is made, if it lacks a part of the contract; names the parts.
    """

    kind: ClassVar[Kind]
    """The kind of the op; streaming, layout and fusion follow from it."""

    arity: ClassVar[int | None] = 1
    """Number of inputs; None for one or more."""

    constant_inputs: ClassVar[tuple[int, ...]] = ()
    """Positions that must come from a Const."""

    def __init_subclass__(cls, *, abstract: bool = False, **options: Any) -> None:
        super().__init_subclass__(**options)
        if abstract:
            return
        missing = [name for name in _CONTRACT if _is_owed(cls, name)]
        if missing:
            raise TypeError(f"the op {cls.__name__} ({cls.__module__}) does not say: {', '.join(missing)}")

    def __post_init__(self) -> None:
        kinds = _kinds(type(self))
        for key, value in self.attributes().items():
            try:
                object.__setattr__(self, key, conform(value, kinds[key]))
            except EdgemlError as error:
                raise EdgemlError(error.what, f"{self.op_name()}.{key}", error.hint) from None

    @classmethod
    def op_name(cls) -> str:
        """The name in text and files: the class name in snake_case, also the file's name.

        >>> from edgeml.ir.ops.max_pool import MaxPool
        >>> MaxPool.op_name()
        'max_pool'
        """
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()

    def attributes(self) -> dict[str, Any]:
        """Field names and values, in order of declaration."""
        return {f.name: getattr(self, f.name) for f in fields(self)}  # pyright: ignore[reportArgumentType]  # subclasses are dataclasses

    @abstractmethod
    def infer(self, *inputs: ValueInfo) -> ValueInfo:
        """Shape, type and bounds of the result.

        Raises:
            EdgemlError: shapes do not fit, or more than 63 bits are needed.
        """

    @abstractmethod
    def evaluate(self, inputs: Sequence[IntArray], infos: Sequence[ValueInfo], result: ValueInfo) -> IntArray:
        """The codes of the result.

        Args:
            inputs: codes of shape (batch, *shape), or (1, *shape) for what does not depend on the input.
            infos: the arguments of `infer`.
            result: the result of `infer`.

        Returns:
            Codes of shape (batch, *result.shape), batch being the largest of the inputs'.
        """

    @abstractmethod
    def grid(self, inputs: Sequence[GridInfo], result: ValueInfo) -> IntArray:
        """The grid of every element of the result, see `edgeml.ir.grid`.

        Args:
            inputs: infos and grids of the inputs.
            result: the result of `infer`.

        Returns:
            Exponents that broadcast to the result's shape; below NEVER_ZERO for what is always zero.
        """

    @abstractmethod
    def demand(self, inputs: Sequence[GridInfo], result: GridInfo) -> int:
        """Bits of the largest intermediate in steps of its own grid, inputs and result included.

        Args:
            inputs: infos and grids of the inputs.
            result: info and grid of the result.
        """

    @abstractmethod
    def structure(
        self, inputs: Sequence[Structure], infos: Sequence[ValueInfo], result: ValueInfo
    ) -> Structure:
        """The structure of the result: the argument by which finitely many vectors determine the op.

        Args:
            inputs: structures of the inputs, as functions of the elements of some sources.
            infos: the arguments of `infer`.
            result: the result of `infer`.
        """

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(self.attributes().values())  # so that arrays are read-only again

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Op) and type(other) is type(self) and other._key() == self._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[Any, ...]:
        return (self.op_name(), *map(_hashable, self.attributes().values()))


_CONTRACT = ("kind", "infer", "evaluate", "grid", "demand", "structure")
"""The parts of the contract that every concrete op has to define."""


def _is_owed(op: type[Op], name: str) -> bool:
    """True if the class neither has a part of the contract nor inherits it."""
    part = getattr(op, name, None)
    return part is None or getattr(part, "__isabstractmethod__", False)


def need(condition: bool, what: str, hint: str = "") -> None:
    """A guard clause of `infer`.

    Raises:
        EdgemlError: the condition does not hold; the graph adds the op's name.
    """
    if not condition:
        raise EdgemlError(what, hint=hint)


def _hashable(value: Any) -> Any:
    """A hashable form of an attribute; equal attributes have equal forms."""
    match value:
        case np.ndarray():  # int64, see Op
            array = cast("IntArray", value)
            return array.shape, array.tobytes()
        case tuple():
            return tuple(map(_hashable, cast("tuple[Any, ...]", value)))
        case _:
            return value


@cache
def _kinds(op: type[Op]) -> dict[str, Any]:
    """The declared kinds of the attributes."""
    return get_type_hints(op)
