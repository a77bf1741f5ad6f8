"""The exact graph under construction, as the readers of source models see it.

Invariant: what is added is named "layer.part" after the source node that is being read, and where the
source's own arithmetic is not exact a note of that layer says so.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.fixed import ElementType, FixedType, IntArray, Overflow, Round, cover
from edgeml.importers.affine import exact as ex
from edgeml.importers.affine.value import AffineValue
from edgeml.ir import Builder, Graph, Op, ValueInfo
from edgeml.ir.graph import valid_name
from edgeml.ir.grid import know
from edgeml.ir.note import Note
from edgeml.ir.ops._linear import Linear
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.sum_pool import SumPool
from edgeml.ir.steps import GridInfo
from edgeml.presets import Lowering
from edgeml.reading import FAULTS, error_text

FLOAT32_BITS = 24
"""Bits of a float32's mantissa."""

_SURE = 12
"""Bits of integers that can be told from a float32 that is some roundings away from a multiple of them."""


class Assembly:
    """Collects nodes, notes, and which tensor of the source each node stands for.

    `tensors` has, by graph value, the source's tensor and how the two are related; `inputs`, by model input,
    its node and the scale and zero point by which data become what the node takes; `rounded_layers`
    the layers whose factors have the bits of a float32.

    Args:
        name: of the graph.
        options: how the model is lowered.
        strict: refuse what is not exact instead of noting it.
        source_floats: the float format that the source computes in where it has no integers; empty if it is
            integers throughout.
    """

    def __init__(self, name: str, options: Lowering, strict: bool = False, source_floats: str = "") -> None:
        self.source_floats = source_floats
        self.options = options
        self.strict = strict
        self.name = valid_name(name)
        self.graph = Builder(name)
        self.layer = "model"
        self.notes: list[Note] = []
        self.tensors: dict[str, tuple[str, AffineValue]] = {}
        self.inputs: dict[str, tuple[str, Fraction, int]] = {}
        self.rounded_layers: set[str] = set()
        self._consts: dict[tuple[bytes, tuple[int, ...], str], str] = {}

    def at(self, layer: str) -> None:
        """Name what follows after this layer of the source."""
        self.layer = valid_name(layer).replace(".", "_")

    def info(self, node: str) -> ValueInfo:
        """Shape, type and bounds of a node."""
        return self.graph.info(node)

    def add(self, op: Op, *inputs: str, part: str) -> str:
        """Add an op as "layer.part".

        Raises:
            EdgemlError: the op does not verify.
        """
        return self.graph.add(op, *inputs, name=f"{self.layer}.{part}")

    def const(self, codes: Any, type: ElementType, part: str) -> str:
        """Add a constant, or take the one of the same codes and type."""
        array = np.asarray(codes, np.int64)
        key = (array.tobytes(), array.shape, str(type) if isinstance(type, FixedType) else repr(codes))
        if isinstance(type, FixedType) and key in self._consts:
            return self._consts[key]
        self._consts[key] = self.graph.const(array, type, f"{self.layer}.{part}")
        return self._consts[key]

    def number(self, codes: IntArray, frac: int, part: str) -> str:
        """A constant of codes at `frac` fractional bits, in the narrowest type; scalars have shape ()."""
        array = np.asarray(codes, np.int64)
        if array.size == 1:
            array = array.reshape(())
        return self.const(array, cover(int(array.min()), int(array.max()), frac), part)

    def weights(self, codes: IntArray) -> str:
        """Integers in the narrowest type, of their own shape."""
        return self.const(codes, cover(int(codes.min()), int(codes.max()), 0), "weights")

    def cast(
        self,
        node: str,
        to: ElementType,
        rounding: Round,
        overflow: Overflow = Overflow.SAT,
        part: str = "cast",
    ) -> str:
        """Add a cast, unless the node has that type already and it would change nothing."""
        if self.info(node).type == to and overflow is not Overflow.SAT_SYM:
            return node
        return self.add(Cast(to, rounding, overflow), node, part=part)

    def note(self, text: str) -> None:
        """Tell the user something about the present layer."""
        self._note(Note(self.layer, text))

    def inexact(self, text: str, remedy: str = "") -> None:
        """State that the source and the graph may differ in the present layer.

        Raises:
            EdgemlError: the import is strict.
        """
        if self.strict:
            raise EdgemlError(f"cannot be exact: {text}", self.layer, remedy)
        self._note(Note(self.layer, f"{text}; to be exact: {remedy}" if remedy else text, exact=False))

    def source_rounds(self) -> None:
        """State that the source itself rounds before the present quantizer, if it computes in floats."""
        if self.source_floats:
            self.inexact(
                f"the source computes what it quantizes in {self.source_floats}: a sum next to a step may "
                "get the neighbouring code there",
                "use power-of-two scales and no batch norm in front of a quantizer",
            )

    def watch(self, tensor: str, value: AffineValue) -> None:
        """State that a value stands for a tensor of the source, so that the two can be compared.

        Wide sums times factors that are no powers of two are left out: float32 does not tell their integers.
        So are nodes of which the source has a part.
        """
        if not value.plain or value.only.node in self.tensors:
            return
        if not value.whole:
            return
        info = self.info(value.only.node)
        powers = ex.exponents(ex.as_exact(abs(value.only.factor)))
        if (powers is not None and ex.dyadic_bits(value.offset) is not None) or info.scalar.width <= _SURE:
            self.tensors[value.only.node] = (tensor, value)

    def finished(self, outputs: tuple[str, ...]) -> Graph:
        """The graph with its notes.

        Raises:
            EdgemlError: it does not verify.
        """
        if self.source_floats:
            self._note_wide_sums()
        return Graph(self.name, self.graph.nodes, outputs, self.notes)

    @contextmanager
    def reading(self, where: str, part: str, hint: str) -> Generator[None]:
        """Errors while a file is read have the file in front of their place.

        Args:
            where: the file.
            part: the source's word for a layer: "node".
            hint: what to do about a file that is not valid.

        Raises:
            EdgemlError: as what was done within, or any fault of it.
        """
        try:
            yield
        except EdgemlError as error:
            place = f"{where}: {error.where}" if error.where else where
            raise EdgemlError(error.what, place, error.hint) from error
        except FAULTS as error:
            here = f"{where}: {part} {self.layer}"
            raise EdgemlError(f"is not valid: {error_text(error)}", here, hint) from error

    def _note(self, note: Note) -> None:
        if note not in self.notes:
            self.notes.append(note)

    def _note_wide_sums(self) -> None:
        """Say which sums float32, in which the source computes them, does not hold exactly."""
        values: dict[str, GridInfo] = {}
        know(self.graph.nodes, self.graph.infos, values)
        for node in self.graph.nodes:
            if not isinstance(node.op, Linear | SumPool):
                continue
            bits = node.op.demand([values[name] for name in node.inputs], values[node.name])
            if bits > FLOAT32_BITS:
                self.layer = node.layer
                self.inexact(
                    f"its sums need {bits} bits; the source computes them in float32, of {FLOAT32_BITS}",
                    "use fewer bits for its input or its weights",
                )
