"""Recurrent layers in float, unrolled: each step in operators of ONNX that have no state.

A step multiplies its row and the state before it, side by side, by both kernels stacked, so that a gate is
one matrix product. States begin at zero, and the first step leaves off what is zero.

Invariant: the batch is the first axis of every tensor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.keras.onnx_builder import FloatOnnxBuilder, FloatTensor

_ACTIVATIONS: Mapping[str, tuple[str, float, float]] = {
    "elu": ("Elu", 1.0, 0.0),
    "hard_sigmoid": ("HardSigmoid", 1 / 6, 0.5),
    "leaky_relu": ("LeakyRelu", 0.2, 0.0),
    "linear": ("Affine", 1.0, 0.0),
    "relu": ("Relu", 0.0, 0.0),
    "sigmoid": ("Sigmoid", 0.0, 0.0),
    "softplus": ("Softplus", 0.0, 0.0),
    "softsign": ("Softsign", 0.0, 0.0),
    "tanh": ("Tanh", 0.0, 0.0),
}
"""Keras' functions as the activations of ONNX' recurrent nodes, with their alpha and beta."""

_NUMBERS = {"Elu": ("alpha",), "HardSigmoid": ("alpha", "beta"), "LeakyRelu": ("alpha",)}
"""The attributes that operators of this name take."""


def onnx_activation(build: FloatOnnxBuilder, function: Any) -> tuple[str, float, float]:
    """The function of a gate as ONNX names it, its alpha and beta.

    Raises:
        EdgemlError: ONNX has no such function of a gate.
    """
    name = getattr(function, "__name__", type(function).__name__)
    if name not in _ACTIVATIONS:
        raise build.refuse(f"the gate's activation {name}", f"covered: {', '.join(sorted(_ACTIVATIONS))}")
    return _ACTIVATIONS[name]


@dataclass(frozen=True)
class FloatSteps:
    """A recurrent layer while it is written step by step; a state that is zero for certain is None."""

    build: FloatOnnxBuilder
    layer: Any

    def gates(self, first: int, last: int, row: str | None, state: str | None, bias: int | None = 0) -> str:
        """The sums of gates `first` up to `last` of Keras' kernel: row @ K + state @ R + bias.

        Args:
            first: the first gate.
            last: the one behind the last.
            row: the input of the step; None to leave it off.
            state: the state before it; None to leave it off.
            bias: which row of a bias that has several; None for their sum.
        """
        read = [(row, "kernel"), (state, "recurrent_kernel")]
        names = [name for name, _ in read if name is not None]
        kernels = [self._columns(tensor, first, last) for name, tensor in read if name is not None]
        value = names[0] if len(names) == 1 else self.build.add("Concat", names, axis=1)
        total = self.build.add("MatMul", [value, self.build.const(np.concatenate(kernels))])
        if not self.layer.use_bias:
            return total
        biases = np.atleast_2d(self._columns("bias", first, last))
        return self.build.add(
            "Add", [total, self.build.const(biases.sum(0) if bias is None else biases[bias])]
        )

    def _columns(self, tensor: str, first: int, last: int) -> NDArray[np.float32]:
        units = int(self.layer.units)
        return np.asarray(getattr(self.layer.cell, tensor))[..., first * units : last * units]

    def active(self, attribute: str, value: str) -> str:
        """The layer's activation or recurrent activation of a sum."""
        op, *numbers = onnx_activation(self.build, getattr(self.layer, attribute))
        if op == "Affine":
            return value
        return self.build.add(op, [value], **dict(zip(_NUMBERS.get(op, ()), numbers, strict=False)))

    def gate(self, value: str, place: int) -> str:
        """One of several gates that were computed together."""
        units = int(self.layer.units)
        return self.cut(value, place * units, (place + 1) * units)

    def cut(self, value: str, start: int, end: int) -> str:
        """Elements of the second axis."""
        ends = [self.build.const([number], np.int64) for number in (start, end, 1)]
        return self.build.add("Slice", [value, *ends])

    def times(self, first: str, second: str | None) -> str | None:
        """The product, element by element."""
        return None if second is None else self.build.add("Mul", [first, second])

    def plus(self, first: str | None, second: str) -> str:
        """The sum."""
        return second if first is None else self.build.add("Add", [first, second])


FloatStep = Callable[[FloatSteps, str, tuple[str | None, ...]], tuple[str, ...]]
"""From a row and the states before it to the states after it, the output first."""


def write_steps(build: FloatOnnxBuilder, layer: Any, value: FloatTensor, step: FloatStep) -> FloatTensor:
    """A recurrent layer, one step after the other."""
    steps, features = value.shape
    source, run = build.channels_last(value).name, FloatSteps(build, layer)
    states: tuple[str | None, ...] = (None, None)
    outputs: list[str] = []
    for place, time in enumerate(reversed(range(steps)) if layer.go_backwards else range(steps)):
        with build.within(f"t{place}"):
            row = build.reshaped(FloatTensor(run.cut(source, time, time + 1), (1, features)), (features,))
            states = step(run, row.name, states)
        assert states[0] is not None
        outputs.append(states[0])
    units = int(layer.units)
    if not layer.return_sequences:
        return FloatTensor(outputs[-1], (units,))
    rows = [build.reshaped(FloatTensor(name, (units,)), (1, units)).name for name in outputs]
    return FloatTensor(build.add("Concat", rows, axis=1), (steps, units))
