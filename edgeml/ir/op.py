"""The contract of an op, core or composite.

An op is a frozen dataclass whose fields are its attributes. Core ops say what they make of intervals
(`infer`) and of integers (`evaluate`); composite ops only say how they `expand` to other ops, and
everything else follows from that.

Invariant: for every input within its interval, `evaluate` is exact and within the interval `infer` gave.

To add an op, add one file `ir/ops/<name>.py` with one `Op` subclass whose name is the file's name in
CamelCase. Nothing has to be registered; the contract tests find it.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, cast, get_type_hints

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray
from edgeml.ir.attributes import conform
from edgeml.ir.info import ValueInfo

if TYPE_CHECKING:
    from edgeml.ir.builder import Builder


class Op(ABC):
    """One operation. Subclasses are frozen dataclasses with `eq=False`; equality is by attributes.

    Attributes are brought to the kinds their fields declare: NumPy integers to int, lists to tuples,
    arrays to read-only int64 copies.

    Raises:
        EdgemlError: an attribute is nothing of the kind its field declares.
    """

    arity: ClassVar[int | None] = 1
    """Number of inputs; None for one or more."""

    constant_inputs: ClassVar[tuple[int, ...]] = ()
    """Positions that must come from a Const."""

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
            infos: what `infer` was given.
            result: what `infer` returned.

        Returns:
            Codes of shape (batch, *result.shape), batch being the largest of the inputs'.
        """

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Op) and type(other) is type(self) and other._key() == self._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[Any, ...]:
        return (self.op_name(), *map(_hashable, self.attributes().values()))


class Composite(Op):
    """An op that is defined by other ops. Back ends see what it expands to unless they know better."""

    @abstractmethod
    def expand(self, build: Builder, *inputs: str) -> str:
        """Add the ops it stands for.

        Args:
            build: where to add them; `build.info(name)` tells shapes, types and bounds.
            inputs: names of its inputs.

        Returns:
            The name of the result.
        """

    def infer(self, *inputs: ValueInfo) -> ValueInfo:
        """What the expansion's last op infers."""
        build, names, result = self._expanded(inputs)
        del names
        return build.info(result)

    def evaluate(self, inputs: Sequence[IntArray], infos: Sequence[ValueInfo], result: ValueInfo) -> IntArray:
        """What the expansion evaluates to."""
        del result
        from edgeml.ir.evaluate import run_nodes  # evaluate knows ops, ops must not need it to be imported

        build, names, last = self._expanded(infos)
        values = dict(zip(names, inputs, strict=True))
        run_nodes(build.nodes, build.infos, values)
        return values[last]

    def _expanded(self, infos: Sequence[ValueInfo]) -> tuple[Builder, list[str], str]:
        from edgeml.ir.builder import Builder  # the builder knows ops, ops must not need it to be imported

        names = [f"in{position}" for position in range(len(infos))]
        build = Builder("expansion", given=dict(zip(names, infos, strict=True)))
        return build, names, self.expand(build, *names)


def need(condition: bool, what: str, hint: str = "") -> None:
    """A guard clause of `infer`.

    Raises:
        EdgemlError: the condition does not hold; the graph adds the op's name.
    """
    if not condition:
        raise EdgemlError(what, hint=hint)


def _hashable(value: Any) -> Any:
    """An attribute as something that has a hash; equal attributes give equal ones."""
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
