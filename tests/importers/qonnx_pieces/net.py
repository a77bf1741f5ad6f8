"""A random QONNX graph under construction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper

DOMAINS = ("onnx.brevitas", "qonnx.custom_op.general", "finn.custom_op.general")
LAST = "qonnx.custom_op.channels_last"
MODES = ("ROUND", "CEIL", "FLOOR", "UP", "DOWN", "HALF_UP", "HALF_DOWN", "HALF_EVEN")


@dataclass(frozen=True)
class End:
    """The tensor that the next piece reads.

    Args:
        name: of the tensor.
        shape: without the batch.
        scale: of the quantizer that made it, if it is one number; 0 if it is none.
        bits: of its codes; 0 if no quantizer made it.
    """

    name: str
    shape: tuple[int, ...]
    scale: float = 0.0
    bits: int = 0

    @property
    def spatial(self) -> bool:
        """True for (channels, height, width)."""
        return len(self.shape) == 3


@dataclass
class Net:
    """Nodes and constants so far; what is drawn comes from `rng`.

    Args:
        rng: of everything that is drawn.
        powers: all scales are powers of two.
        domain: of the quantizers.
        opset: of ONNX's own operators.
        newer_trunc: version 2 of the quantizers' domain, in which Trunc states its new scale.
        shapes: of tensors of which the qonnx package does not work them out itself, batch included.
    """

    rng: np.random.Generator
    powers: bool
    domain: str
    opset: int
    newer_trunc: bool
    nodes: list[NodeProto] = field(default_factory=list)
    constants: list[TensorProto] = field(default_factory=list)
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def below(self, low: int, high: int) -> int:
        """An integer from low to high - 1."""
        return int(self.rng.integers(low, high))

    def any_of(self, *values: Any) -> Any:
        return values[self.below(0, len(values))]

    def const(self, values: Any, kind: type = np.float32) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values, kind), name))
        return name

    def integers(self, *values: int) -> str:
        return self.const(values, np.int64)

    def node(self, op: str, *inputs: str, domain: str = "", outputs: int = 1, **attributes: Any) -> str:
        """Append a node; the name of its first output, others are NAME_1 and on."""
        number = len(self.nodes)
        names = [f"t{number}" if place == 0 else f"t{number}_{place}" for place in range(outputs)]
        self.nodes.append(
            helper.make_node(op, list(inputs), names, name=f"{op}_{number}", domain=domain, **attributes)
        )
        return names[0]

    def scale(self, shape: tuple[int, ...] = (), low: int = -5, high: int = 0) -> Any:
        values = 2.0 ** self.rng.integers(low, high + 1, shape)
        return np.float32(values if self.powers else values * self.rng.uniform(0.7, 1.4, shape))

    def quant(self, end: End, bits: int, signed: bool, scale: Any = None, zero: int | None = None) -> End:
        """Quantize a value, its scale drawn if it is not given."""
        size = self.scale() if scale is None else np.float32(scale)
        if zero is None:
            zero = self.below(-1, 2) if self.chance(0.15) else 0
        attributes = {
            "signed": int(signed),
            "narrow": int(bits > 1 and self.chance(0.3)),
            "rounding_mode": self.any_of(*MODES) if self.chance(0.6) else "ROUND",
        }
        inputs = (end.name, self.const(size), self.const(zero), self.const(bits))
        op = "IntQuant" if self.domain == DOMAINS[1] and self.chance(0.3) else "Quant"
        name = self.node(op, *inputs, domain=self.domain, **attributes)
        return End(name, end.shape, float(size) if size.ndim == 0 else 0.0, bits)

    def requantized(self, end: End) -> End:
        """The value itself if one quantizer of one scale made it, else behind such a quantizer."""
        return end if end.scale else self.quant(end, self.below(3, 7), True)

    def weights(self, shape: tuple[int, ...], axis: int) -> str:
        """Quantized weights, with a scale per tensor or per output."""
        per_channel = self.chance(0.5)
        sizes = tuple(size if per_channel and place == axis else 1 for place, size in enumerate(shape))
        scale = self.scale(sizes if per_channel else (), -6, -3)
        values = End(self.const(self.rng.normal(0, 0.3, shape)), shape)
        if self.chance(0.15):
            return self.node("BipolarQuant", values.name, self.const(scale), domain=self.domain)
        return self.quant(values, self.below(1 if self.chance(0.1) else 2, 8), True, scale, 0).name

    def bias(self, outputs: int) -> str:
        """A quantized vector."""
        values = End(self.const(self.rng.normal(0, 0.5, outputs)), (outputs,))
        return self.quant(values, 6, True, self.scale((), -6, -3), 0).name


Piece = Callable[[Net, End], "End | None"]
