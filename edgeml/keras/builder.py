"""The builder that a layer's `lower` function gets: the graph so far, and values that are not exact yet.

A value is a name. Most are nodes of the graph. Two kinds are not: a model input that no quantizer has
met (`RawInput`), and a real function of an exact value that no quantizer has met (`PendingFunction`: tanh of
something). Both become exact when a quantizer follows; anything else that reads them is refused, with
the remedy, or takes the stated approximation the function comes with.

Invariant: a node of the graph is exact, or a note with `exact=False` names its layer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.fixed import ElementType, FixedType, Overflow, Round
from edgeml.ir import Builder, Op, ValueInfo
from edgeml.ir.note import Note
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.lookup import MAX_INDEX_BITS
from edgeml.ir.ops.scale import Scale
from edgeml.ir.steps import FLOAT32_BITS
from edgeml.keras.pending import FloatFunction, PendingFunction, RawInput
from edgeml.keras.quantizers._stairs import CellStairs
from edgeml.keras.quantizers._stated import stated_table
from edgeml.presets import Lowering
from edgeml.presets.lowering import StatedType, Tensor, TensorTypes
from edgeml.settings import per_layer

STATE = (
    "state its type: edgeml import --input-type 'ufixed<8,8>', "
    "edgeml.lower(model, input_type='ufixed<8,8>'), --set 'lowering.input_type=\"ufixed<8,8>\"'"
)
"""The remedy for a model input that no quantizer follows."""


def state(layer: str) -> str:
    """The remedy for a tensor of a layer that the model leaves in float."""
    return (
        f"state its type: edgeml import --layer-type '{layer}=fixed<16,6>' (of all such layers: "
        f"--float-type 'fixed<16,6>'), edgeml.lower(model, layer_types={{'{layer}': 'fixed<16,6>'}})"
    )


class LayerBuilder:
    """The graph under construction, as one layer sees it.

    Args:
        name: of the graph.
        strict: refuse what would not be exact instead of noting it.
        options: how the model is lowered.
    """

    def __init__(self, name: str, strict: bool = False, options: Lowering | None = None) -> None:
        self.name = name
        self.options = options or Lowering()
        self.graph = Builder(name)
        self.layer = ""
        self.left_in_float = False
        self.strict = strict
        self.notes: list[Note] = []
        self.owners: dict[str, str] = {}
        self.factored: set[str] = set()
        self.rounded_results: set[str] = set()
        self.floats: dict[str, RawInput | PendingFunction] = {}
        self.table_bits = MAX_INDEX_BITS
        self.stairs: dict[object, CellStairs | None] = {}
        self._parts: tuple[str, ...] = ()
        self._shares = False
        self._inputs: dict[tuple[str, tuple[str, ...]], str] = {}
        self._consts: dict[tuple[object, ...], str] = {}
        self._approximations: dict[str, str] = {}

    @property
    def factor_bits(self) -> int:
        """Significant bits of this layer's factors that are not quantized; float32's unless stated."""
        self.factored.add(self.layer)
        return per_layer(self.options.factor_bits, self.layer) or FLOAT32_BITS

    def stated(self, tensor: Tensor) -> StatedType | None:
        """The type stated for a tensor of this layer that the model does not quantize; marks the layer."""
        stated = self.options.stated(self.layer, tensor)
        self.left_in_float = self.left_in_float or stated is not None
        return stated

    def own_result(self, value: str) -> str:
        """The sums of a layer in float, in the type that is stated for its result alone, if there is one."""
        entry = self.options.layer_types.get(self.layer)
        if not self.left_in_float or not isinstance(entry, TensorTypes) or entry.result is None:
            return value
        return self.rounded(value, StatedType.parse(entry.result))

    def rounded(self, value: str, stated: StatedType) -> str:
        """An exact value in a stated type, with a note where that may round it.

        Raises:
            EdgemlError: the lowering is strict.
        """
        type, before = stated.type, self.info(value).scalar
        finer = type.frac - before.frac
        if finer >= 0 and type.lo <= before.lo << finer and before.hi << finer <= type.hi:
            return value
        self.rounded_results.add(self.layer)
        self.inexact(f"its result is rounded to {stated}", "put a QActivation behind it and train again")
        return self.cast(value, type, stated.rounding, stated.overflow, part="result")

    def info(self, value: str) -> ValueInfo:
        """Shape, type and bounds of an exact value."""
        return self.graph.info(self.exact(value))

    def add(self, op: Op, *inputs: str, part: str) -> str:
        """Add an op as "layer.part".

        Raises:
            EdgemlError: an input is not quantized, or the op does not verify.
        """
        sources = [self.exact(value) for value in inputs]
        name = self.graph.add(op, *sources, name=self._named(*self._parts, part))
        self.owners[name] = self.layer
        return name

    def const(self, codes: Any, type: ElementType, part: str, owner: str = "") -> str:
        """Add a constant as "layer.part"; with `owner`, once for all calls of that shared layer."""
        key: tuple[object, ...] = (owner, part)
        if self._shares and not owner:
            array = np.asarray(codes, np.int64)
            key = (self.layer, str(type), array.shape, array.tobytes())
        shared = bool(owner) or self._shares
        if shared and key in self._consts:
            return self._consts[key]
        parts = self._parts[:-1] if self._shares else self._parts
        name = self.graph.const(codes, type, self._named(*parts, part))
        self.owners[name] = self.layer
        if shared:
            self._consts[key] = name
        return name

    @contextmanager
    def within(self, part: str, table_bits: int = 0) -> Iterator[None]:
        """A context for a part of a layer: values are named "layer.part.".

        Args:
            part: its name.
            table_bits: of one of several alike parts, as the steps of a sequence: equal constants are one,
                and tables have at most so many index bits where a function has a form with fewer.
        """
        before = self._parts, self._shares, self.table_bits
        self._parts = (*self._parts, part)
        if table_bits:
            self._shares, self.table_bits = True, table_bits
        try:
            yield
        finally:
            self._parts, self._shares, self.table_bits = before

    def _named(self, *parts: str) -> str:
        return ".".join((self.layer, *parts))

    def cast(
        self,
        value: str,
        to: FixedType,
        rounding: Round = Round.RND_CONV,
        overflow: Overflow = Overflow.SAT,
        part: str = "cast",
    ) -> str:
        """Round a value to a type; a model input that is still float becomes an Input of that type.

        Raises:
            EdgemlError: the input was already quantized to another type.
        """
        raw = self.floats.get(value)
        if isinstance(raw, RawInput):
            return self._quantize_input(raw, to, rounding, overflow)
        return self.add(Cast(to, rounding, overflow), value, part=part)

    def exact(self, value: str) -> str:
        """The node of a value.

        Raises:
            EdgemlError: the value is not quantized.
        """
        pending = self.floats.get(value)
        if pending is None:
            return value
        if value in self._approximations:
            return self._approximations[value]
        if isinstance(pending, RawInput):
            raise EdgemlError(
                f"reads the unquantized input {pending.name!r}",
                self.layer,
                f"put QActivation(quantized_bits(...)) directly after the input {pending.name!r}, or {STATE}",
            )
        if pending.approximate is None:
            stated = self.options.stated(value[1:], "result")
            if stated is not None:
                here, self.layer = self.layer, value[1:]
                self._approximations[value] = stated_table(self, pending, stated.type)
                self.layer = here
                return self._approximations[value]
            raise EdgemlError(
                f"reads the unquantized result of {value[1:]!r} ({pending.what})",
                self.layer,
                f"put QActivation(quantized_bits(8, 0, alpha=1.0)) after {value[1:]!r}, or "
                f"{state(value[1:])}",
            )
        here, self.layer = self.layer, value[1:]
        self._approximations[value] = pending.approximate(pending.source)
        self.layer = here
        return self._approximations[value]

    def raw_input(self, name: str, shape: tuple[int, ...]) -> str:
        """Announce a model input; it enters the graph when it is quantized, or now if its type is stated."""
        stated = self.options.type_of(name)
        if stated is not None:
            self.layer = name
            self.note(f"the input is rounded to {stated} (half to even, saturated) before the model sees it")
            self._inputs[name, ()] = self.graph.add(Input(shape, stated), name=name)
            return self._inputs[name, ()]
        return self._pend(name, RawInput(name, shape))

    def moved(self, value: str, move: Callable[[LayerBuilder, str], str]) -> str:
        """A layer that only moves elements of a value that is not exact yet; the quantizer comes after it."""
        pending = self.floats[value]
        if isinstance(pending, RawInput):
            return self._pend(self.layer, replace(pending, moves=(*pending.moves, (self.layer, move))))
        later = replace(pending, source=move(self, pending.source))
        if pending.vector:  # the axis it runs along is the one before the move
            stated = pending.probabilities
            later = replace(
                later,
                approximate=lambda _: move(self, self.exact(value)),
                probabilities=None if stated is None else lambda _, type: move(self, stated(pending, type)),
            )
        return self._pend(self.layer, later)

    def rescaled(self, value: str, power: int) -> str:
        """A model input that is still float, times a power of two, which its type takes on."""
        pending = self.floats[value]
        assert isinstance(pending, RawInput)

        def scale(again: LayerBuilder, source: str) -> str:
            return again.add(Scale(power), source, part="scale")

        moves = (*pending.moves, (self.layer, scale))
        return self._pend(self.layer, replace(pending, moves=moves, power=pending.power + power))

    def function(
        self,
        value: str,
        apply: FloatFunction,
        what: str,
        approximate: Callable[[str], str] | None = None,
        logits: str = "",
        vector: bool = False,
        probabilities: Callable[[PendingFunction, FixedType | None], str] | None = None,
    ) -> str:
        """A real function of a value, to be made exact by the quantizer that follows.

        Raises:
            EdgemlError: the value is an unquantized input.
        """
        before = self.floats.get(value)
        if isinstance(before, PendingFunction) and not before.vector and not vector:
            first = before.apply
            chained = PendingFunction(before.source, lambda x: apply(first(x)), f"{what} of {before.what}")
            return self._pend(self.layer, chained)
        pending = PendingFunction(self.exact(value), apply, what, approximate, logits, vector, probabilities)
        return self._pend(self.layer, pending)

    def settled(self, value: str) -> str:
        """The node of a value that was approximated, else the value itself."""
        return self._approximations.get(value, value)

    def settle(self, value: str, node: str) -> str:
        """State which node stands for a value that waits for a quantizer."""
        self._approximations[value] = node
        return node

    def note(self, text: str) -> None:
        """Note something about this layer for the user."""
        self._note(Note(self.layer, text))

    def inexact(self, text: str, remedy: str) -> None:
        """State that Keras and the graph may differ in this layer.

        Raises:
            EdgemlError: the lowering is strict.
        """
        if self.strict:
            raise EdgemlError(f"cannot be exact: {text}", self.layer, remedy)
        self._note(Note(self.layer, f"{text}; to be exact: {remedy}", exact=False))

    def refuse(self, what: str, hint: str) -> EdgemlError:
        """An error at this layer, to be raised."""
        return EdgemlError(what, self.layer, hint)

    def _note(self, note: Note) -> None:
        if note not in self.notes:
            self.notes.append(note)

    def _pend(self, name: str, value: RawInput | PendingFunction) -> str:
        # "~" is in no graph name: a pending value and the node it becomes may both be named after one layer.
        self.floats[f"~{name}"] = value
        return f"~{name}"

    def _quantize_input(self, raw: RawInput, to: FixedType, rounding: Round, overflow: Overflow) -> str:
        op = Input(raw.shape, FixedType(to.signed, to.width, to.frac + raw.power), rounding, overflow)
        if (raw.name, ()) not in self._inputs:
            self._inputs[raw.name, ()] = self.graph.add(op, name=raw.name)
        value = self._inputs[raw.name, ()]
        node = self.graph.node(value)
        if node is None or node.op != op:
            raise self.refuse(
                f"quantizes the input {raw.name!r} to {to}, another layer quantizes it to another type",
                f"put one QActivation directly after the input {raw.name!r} and use its result everywhere",
            )
        here = self.layer
        path: tuple[str, ...] = ()
        for layer, move in raw.moves:
            self.layer, path = layer, (*path, layer)
            if (raw.name, path) not in self._inputs:
                self._inputs[raw.name, path] = move(self, value)
                self.owners[self._inputs[raw.name, path]] = here  # quantized, it is this layer's output
            value = self._inputs[raw.name, path]
        self.layer = here
        return value
