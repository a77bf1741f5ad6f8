"""A network whose layers are asked for by name."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import helper

from tests.importers.qonnx_pieces.net import DOMAINS, Net

BREVITAS = DOMAINS[0]


class Draft(Net):
    """A network whose layers are asked for by name; every method gives the name of its result."""

    def __init__(self, seed: int, opset: int = 11, domain: str = BREVITAS) -> None:
        super().__init__(np.random.default_rng(seed), False, domain, opset, False)

    def normal(self, *shape: int, scale: float = 0.4) -> Any:
        return self.rng.normal(0, scale, shape).astype(np.float32)

    def scales(self, *shape: int, low: float = 0.05, high: float = 0.2) -> Any:
        """Scales that are no powers of two."""
        return self.rng.uniform(low, high, shape).astype(np.float32)

    def q(self, x: str, bits: float, scale: Any = 0.11, signed: int = 1, narrow: int = 0) -> str:
        flags = {"signed": signed, "narrow": narrow, "rounding_mode": "ROUND"}
        inputs = (x, self.const(scale), self.const(0.0), self.const(bits))
        return self.node("Quant", *inputs, domain=self.domain, **flags)

    def bipolar(self, x: str, scale: Any = 1.0) -> str:
        return self.node("BipolarQuant", x, self.const(scale), domain=self.domain)

    def w(self, *shape: int, bits: int = 2, channels: int | None = None) -> str:
        """Quantized weights, one scale or one per slice of an axis."""
        sizes = [size if place == channels else 1 for place, size in enumerate(shape)]
        scale = self.scales() if channels is None else self.scales(*sizes)
        values = self.const(self.normal(*shape))
        return self.bipolar(values, scale) if bits == 1 else self.q(values, bits, scale, narrow=1)

    def norm(self, x: str, channels: int) -> str:
        numbers = (
            self.rng.uniform(0.5, 1.5, channels),
            self.normal(channels),
            self.normal(channels),
            self.rng.uniform(0.5, 2.0, channels),
        )
        return self.node("BatchNormalization", x, *(self.const(part) for part in numbers), epsilon=1e-5)

    def conv(self, x: str, *shape: int, bits: int = 2, channels: int | None = None, **flags: Any) -> str:
        return self.node(
            "Conv", x, self.w(*shape, bits=bits, channels=channels), kernel_shape=shape[2:], **flags
        )

    def pool(self, x: str, *size: int, op: str = "MaxPool", **flags: Any) -> str:
        return self.node(op, x, kernel_shape=size, strides=flags.pop("strides", size), **flags)

    def product(self, x: str, inputs: int, outputs: int, bits: int = 2) -> str:
        """Weights as PyTorch keeps them, turned in front of the product."""
        turned = self.node("Transpose", self.w(outputs, inputs, bits=bits), perm=[1, 0])
        return self.node("MatMul", x, turned)

    def file(self, shape: tuple[int, ...], end: str, kind: int = 1, data: int = 1) -> bytes:
        """The model; `kind` and `data` are the types of its end and its input, floats if not stated."""
        info = helper.make_tensor_value_info
        graph = helper.make_graph(
            self.nodes,
            "net",
            [info("x", data, [1, *shape])],
            [info(end, kind, None)],
            self.constants,
        )
        domains = {node.domain for node in self.nodes} - {""}
        opsets = [
            helper.make_opsetid("", self.opset),
            *(helper.make_opsetid(name, 1) for name in sorted(domains)),
        ]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
        return model.SerializeToString()


class Integers(Draft):
    """Scales and zero points of onnxruntime and PyTorch."""

    def __init__(self, seed: int, opset: int = 13, kind: type = np.uint8, weights: type = np.int8) -> None:
        super().__init__(seed, opset, "com.microsoft")
        self.kind, self.weight_kind = kind, weights

    def of(self, scale: Any, zero: Any, kind: type | None = None) -> tuple[str, str]:
        return self.const(scale), self.const(zero, kind or self.kind)

    def act(self, scale: float, zero: int = 0) -> tuple[str, str]:
        """Of an activation; the zero point is stated as uint8's."""
        return self.of(scale, zero - 128 * (self.kind is np.int8))

    def codes(self, *shape: int, low: int = -127, high: int = 128) -> str:
        shift = 128 * (self.weight_kind is np.uint8)
        return self.const(self.rng.integers(low, high, shape) + shift, self.weight_kind)

    def ws(self, channels: int = 0) -> tuple[str, str]:
        zero = 128 * (self.weight_kind is np.uint8)
        if not channels:
            return self.of(self.scales(low=0.002, high=0.01), zero, self.weight_kind)
        return self.of(self.scales(channels, low=0.002, high=0.01), np.full(channels, zero), self.weight_kind)

    def ints(self, size: int) -> str:
        return self.const(self.rng.integers(-3000, 3000, size), np.int32)

    def quantize(self, x: str, p: tuple[str, str], **flags: Any) -> str:
        return self.node("QuantizeLinear", x, *p, **flags)

    def real(self, x: str, p: tuple[str, str], **flags: Any) -> str:
        return self.node("DequantizeLinear", x, *p, **flags)

    def pair(self, x: str, scale: float, zero: int = 0) -> str:
        p = self.act(scale, zero)
        return self.real(self.quantize(x, p), p)

    def microsoft(self, op: str, *inputs: str, **flags: Any) -> str:
        return self.node(op, *inputs, domain="com.microsoft", **flags)
