"""Recurrent layers, unrolled: one product of the input for all steps, and one part for each step.

    layer.matmul, layer.add       input times kernel plus bias, for all steps at once: (steps, gates * units)
    layer.t0.*, layer.t1.*, ...   what each step makes of its row and of the states before it

A cell's file says what one step is (`CellKind`). Types follow from QKeras' quantizers: a gate ends in a
quantized activation, and `state_quantizer` rounds the states that the next step reads. States begin at zero.

Invariant: every value is exact; a layer whose states would gain bits with each step is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from edgeml.errors import EdgemlError
from edgeml.fixed import FixedTypeArray, IntArray, cover
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.concat import Concat
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.mul import Mul
from edgeml.ir.ops.reshape import Reshape
from edgeml.ir.ops.slice import Slice
from edgeml.ir.steps import FLOAT32_BITS
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.layers._activation import activate
from edgeml.keras.layers._linear import add_bias, product, quantizer_of
from edgeml.keras.quantizers import QuantizedWeights, lower_activation, quantize_weights
from edgeml.keras.quantizers._common import call

MAX_STEPS = 512
"""The longest sequence: an LSTM of 512 steps has some 21,500 nodes, which take seconds to lower."""

TABLE_BITS = 12
"""Index bits beyond which a gate's table is split, see `edgeml.keras.quantizers._stairs`."""


@dataclass(frozen=True)
class Recurrence:
    """One recurrent layer while it is unrolled, as its cell's step sees it.

    A value that is zero for certain is None.

    Args:
        layer: of Keras; its cell holds weights and quantizers.
        builder: where to add ops.
        order: of the blocks in the graph, by their place in Keras' kernel: those of one activation lie
            side by side.
    """

    layer: Any
    builder: LayerBuilder
    order: tuple[int, ...]

    @property
    def units(self) -> int:
        """Elements of a state."""
        return int(self.layer.cell.units)

    def weights(self, tensor: str, columns: slice = slice(None)) -> QuantizedWeights:
        """A kernel or bias of the cell, its blocks in the graph's order; `columns` are some of the blocks.

        Raises:
            EdgemlError: it is not quantized, or its quantizer is not covered.
        """
        cell, stem = self.layer.cell, tensor.removesuffix("_kernel")
        chosen = quantizer_of(cell, f"{stem}_quantizer")
        if chosen is None:
            raise _not_quantized(self.layer, self.builder, tensor.replace("_", " "), f"{stem}_quantizer")
        weights = quantize_weights(
            chosen, np.asarray(getattr(cell, tensor)), f"{self.builder.layer}.{tensor}"
        )
        return self._arranged(weights, columns)

    def _arranged(self, weights: QuantizedWeights, columns: slice) -> QuantizedWeights:
        def move(array: Any) -> Any:
            blocks = np.broadcast_to(np.asarray(array), weights.codes.shape).reshape(
                *weights.codes.shape[:-1], len(self.order), self.units
            )
            chosen = blocks[..., self.order, :][..., columns, :]
            return chosen.reshape(*weights.codes.shape[:-1], -1)

        codes: IntArray = move(weights.codes)
        kind = weights.type
        if isinstance(kind, FixedTypeArray):
            kind = FixedTypeArray(kind.signed, move(kind.width), move(kind.frac))
        scale = None if weights.scale is None else move(weights.scale).reshape(-1, codes.shape[-1])[0]
        return QuantizedWeights(codes, kind, scale)

    def multiplied(self, value: str | None, weights: QuantizedWeights, prefix: str = "") -> str | None:
        """A state times a kernel."""
        if value is None:
            return None
        return product(self.layer, self.builder, MatMul(), value, weights, "matmul", prefix)

    def row(self, rows: str, step: int) -> str:
        """One step's row of (steps, n), as (n,)."""
        _, size = self.builder.info(rows).shape
        cut = Slice((step, 0), (step + 1, size), (1, 1))
        return self._reshaped(self.builder.add(cut, rows, part="row"), (size,), "input")

    def blocks(self, value: str | None, first: int, last: int, part: str) -> str | None:
        """Gates `first` up to `last` of (gates * units,), as (gates, units); one alone as (units,)."""
        if value is None:
            return None
        info = self.builder.info(value)
        if len(info.shape) == 1:
            value = self._reshaped(value, (info.size // self.units, self.units), f"{part}.gates")
        count = self.builder.info(value).shape[0]
        if (first, last) != (0, count):
            cut = Slice((first, 0), (last, self.units), (1, 1))
            value = self.builder.add(cut, value, part=f"{part}.rows")
        return self._reshaped(value, (self.units,), part) if last - first == 1 else value

    def _reshaped(self, value: str, shape: tuple[int, ...], part: str) -> str:
        if self.builder.info(value).shape == shape:
            return value
        return self.builder.add(Reshape(shape), value, part=part)

    def plus(self, first: str | None, second: str | None, part: str) -> str | None:
        """The sum."""
        if first is None or second is None:
            return first or second
        return self.builder.add(Add(), first, second, part=part)

    def times(self, first: str | None, second: str | None, part: str) -> str | None:
        """The product, element by element."""
        if first is None or second is None:
            return None
        return self.builder.add(Mul(), first, second, part=part)

    def activated(self, value: str | None, attribute: str) -> str:
        """A gate: the cell's activation or recurrent activation of a value.

        Raises:
            EdgemlError: it is a real function without a quantizer, or of too many bits.
        """
        builder, function = self.builder, getattr(self.layer.cell, attribute)
        source = self.zero() if value is None else value
        try:
            result = activate(function, builder, source)
        except EdgemlError as error:
            if builder.info(source).scalar.width <= FLOAT32_BITS:
                raise
            raise builder.refuse(
                error.what, "use fewer bits for recurrent_activation, state_quantizer or the weights"
            ) from error
        if result in builder.floats:
            name = getattr(function, "__name__", "function")
            kind = "sigmoid" if "sigmoid" in name else "tanh"
            raise builder.refuse(
                f"the {attribute} {name} of this {type(self.layer).__name__} is not quantized",
                f"use {attribute}='quantized_{kind}(8, use_real_{kind}=True)' and train again",
            )
        return result

    def zero(self) -> str:
        """(units,) of zeros."""
        return self.builder.const(np.zeros(self.units, np.int64), cover(0, 0, 0), "zero")

    def read_state(self, state: str | None) -> str | None:
        """A state as the step after it reads it: rounded by the cell's state quantizer, if it has one."""
        quantizer = quantizer_of(self.layer.cell, "state_quantizer")
        if quantizer is None:
            return state
        if state is None and not np.any(call(quantizer, np.zeros(1, np.float32))):
            return None
        return lower_activation(quantizer, self.builder, state or self.zero(), "state")


Step = Callable[[Recurrence, str, "tuple[str | None, ...]", Any], "tuple[str, ...]"]
"""(recurrence, the step's input of all gates, states as they are read, constants) to the new states.

The first of them is the output."""


@dataclass(frozen=True)
class CellKind:
    """The part of a recurrent layer that its own file states.

    Args:
        order: see `Recurrence`.
        states: how many there are.
        bounded: (cell) to True if its states have bounded types without a state quantizer.
        prepare: (recurrence) to the constants that every step reads.
        step: see `Step`.
    """

    order: tuple[int, ...]
    states: int
    bounded: Callable[[Any], bool]
    prepare: Callable[[Recurrence], Any]
    step: Step


def unrolled(kind: CellKind) -> Callable[[Any, LayerBuilder, tuple[str, ...]], str]:
    """The lowering of a recurrent layer of this kind."""

    def lower(layer: Any, builder: LayerBuilder, inputs: tuple[str, ...]) -> str:
        _check(layer, builder, builder.info(inputs[0]).shape, kind)
        run = Recurrence(layer, builder, kind.order)
        rows = _input_rows(run, inputs[0])
        constants = kind.prepare(run)
        states: tuple[str | None, ...] = (None,) * kind.states
        outputs: list[str] = []
        steps = range(builder.info(rows).shape[0])
        for step in reversed(steps) if layer.go_backwards else steps:
            with builder.within(f"t{step}", TABLE_BITS):
                row = run.row(rows, step)
                states = kind.step(run, row, tuple(run.read_state(state) for state in states), constants)
            assert states[0] is not None
            outputs.append(states[0])
        return _sequence(builder, outputs) if layer.return_sequences else outputs[-1]

    return lower


def _input_rows(run: Recurrence, value: str) -> str:
    """The input's product with the kernel for all steps, plus the bias: (steps, gates * units)."""
    rows = run.multiplied(value, run.weights("kernel"))
    assert rows is not None
    if not run.layer.cell.use_bias:
        return rows
    bias = run.weights("bias")
    if bias.codes.ndim == 2:  # GRU with reset_after: of the input, and of the state
        bias = _row_of(bias, 0)
    return add_bias(run.layer, run.builder, rows, bias)


def _row_of(weights: QuantizedWeights, row: int) -> QuantizedWeights:
    """One row of a bias of two."""
    kind = weights.type
    if isinstance(kind, FixedTypeArray):
        kind = FixedTypeArray(
            kind.signed,
            *(np.broadcast_to(part, weights.codes.shape)[row] for part in (kind.width, kind.frac)),
        )
    return replace(weights, codes=weights.codes[row], type=kind)


def state_bias(run: Recurrence) -> str | None:
    """The bias that a GRU with reset_after adds to its state's product, as a constant; None without one.

    Raises:
        EdgemlError: its quantizer has a scale.
    """
    cell, builder = run.layer.cell, run.builder
    if not (cell.use_bias and cell.reset_after):
        return None
    weights = _row_of(run.weights("bias"), 1)
    if weights.scale is not None:
        raise builder.refuse("a bias quantizer with a scale", "use alpha=1.0 for the bias")
    return builder.const(weights.codes, weights.type, "state_bias", owner=run.layer.name)


def _sequence(builder: LayerBuilder, outputs: list[str]) -> str:
    rows = [
        builder.add(Reshape((1, *builder.info(value).shape)), value, part="output_row") for value in outputs
    ]
    return builder.add(Concat(0), *rows, part="sequence")


def _check(layer: Any, builder: LayerBuilder, shape: tuple[int, ...], kind: CellKind) -> None:
    name = type(layer).__name__
    if not name.startswith("Q"):
        raise _not_quantized(layer, builder, "kernel", "kernel_quantizer")
    if layer.stateful:
        raise builder.refuse(
            f"this {name} is stateful: its result depends on the samples before", "use stateful=False"
        )
    if shape[0] > MAX_STEPS:
        raise builder.refuse(
            f"this {name} runs over {shape[0]} steps, at most {MAX_STEPS} are unrolled",
            "shorten the sequence, with pooling or a convolution with strides in front for example",
        )
    if quantizer_of(layer.cell, "state_quantizer") is None and shape[0] > 1 and not kind.bounded(layer.cell):
        raise builder.refuse(
            f"the state of this {name} is not quantized, so that it gains bits with every step",
            "add state_quantizer=quantized_bits(8, 2, alpha=1.0) and train again",
        )


def _not_quantized(layer: Any, builder: LayerBuilder, tensor: str, stem: str) -> Exception:
    name = type(layer).__name__
    form = name if name.startswith("Q") else f"Q{name}"
    return builder.refuse(
        f"the {tensor} of this {name} is not quantized",
        f"use {form}(..., {stem}=quantized_bits(6, 0, alpha=1.0)) and train again"
        + ("" if name.startswith("Q") else ", or edgeml.quantized(model, quantizers), which does it"),
    )
