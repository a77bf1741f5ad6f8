"""The processor's kernels for products of eight bits, tried where they could saturate.

Without VNNI, ONNX Runtime's kernels for codes in uint8 and weights in int8 add two products in 16 bits and
saturate there. `keeps_pairs` tries them with codes and weights at their bounds, where each pair is twice as
large as 16 bits hold: a kernel that saturates cannot give one of the sums.

Invariant: True only if every sum that was tried is exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.backends.onnx.session import open_session, run_session
from edgeml.errors import EdgemlError
from edgeml.onnx_model import OnnxPort, OnnxVersion, OnnxWriter

DOMAIN = "com.microsoft"
"""Of the kernels' names."""

CONFIG: Mapping[str, str] = MappingProxyType({"session.disable_quant_qdq": "1"})
"""The kernels are named: ONNX Runtime's own rewriting would put slower or inexact ones in their place."""

_DENSE = ((4, 1), (20, 17), (64, 16), (257, 100))
"""Inputs and columns of the products that are tried: below, at and above the sizes of tiles."""

_CONV = ((4, 4, 3), (16, 17, 3), (64, 16, 1))
"""Channels, filters and kernel size of the convolutions that are tried."""

_IMAGE = 5
"""Height and width of the images."""

_SAMPLES = (1, 2, 3, 64)
"""Kernels depend on the rows: one row has its own."""

_ENDS = (-128, 127)
"""The weights: of the columns in turn."""


@cache
def keeps_pairs() -> bool:
    """True if QGemm and QLinearConv with weights in int8 are exact here, whatever the weights.

    Takes some milliseconds, once per process.
    """
    version = OnnxVersion(13, 7, ((DOMAIN, 1),))
    writer = OnnxWriter()
    inputs: list[OnnxPort] = []
    shapes: dict[str, tuple[int, ...]] = {}
    expected: dict[str, float | NDArray[Any]] = {}
    outputs: list[OnnxPort] = []
    for zero in (0, 128):
        for number, (rows, columns) in enumerate(_DENSE):
            name = f"dense{number}_{zero}"
            inputs.append(OnnxPort(name, ("samples", rows)))
            shapes[name] = (rows,)
            outputs.append(OnnxPort(_dense(writer, name, rows, columns, zero), ("samples", columns)))
            expected[outputs[-1].name] = rows * (255 - zero) * _ends(columns)
        for number, (channels, filters, size) in enumerate(_CONV):
            name, space = f"conv{number}_{zero}", _IMAGE - size + 1
            inputs.append(OnnxPort(name, ("samples", _IMAGE, _IMAGE, channels)))
            shapes[name] = (_IMAGE, _IMAGE, channels)
            tensor = _conv(writer, name, (channels, filters, size), zero)
            outputs.append(OnnxPort(tensor, ("samples", space, space, filters)))
            expected[tensor] = _ends(filters)
    content = writer.finish("pairs", inputs, outputs, version).SerializeToString()
    names = list(expected)
    try:
        session = open_session(content, "pairs of products", threads=1, config=CONFIG)
        for samples in _SAMPLES:
            feeds = {name: np.full((samples, *shape), 255, np.float32) for name, shape in shapes.items()}
            got = run_session(session, names, feeds, "pairs of products")
            if not all(np.all(part == expected[name]) for name, part in zip(names, got, strict=True)):
                return False
    except EdgemlError:  # a version of ONNX Runtime without one of the kernels
        return False
    return True


def _ends(columns: int) -> NDArray[np.float32]:
    return np.resize(np.array(_ENDS, np.float32), columns)


def _codes(writer: OnnxWriter, name: str, zero: int) -> tuple[str, str]:
    """An input, which holds 255 everywhere, as codes that are 255; the tensor of their zero point."""
    one = writer.shared_constant(np.ones((), np.float32), "one")
    none = writer.shared_constant(np.zeros((), np.uint8), "zero")
    point = writer.shared_constant(np.array(zero, np.uint8), "point")
    return writer.new_node("QuantizeLinear", [name, one, none], f"{name}_codes"), point


def _dense(writer: OnnxWriter, name: str, rows: int, columns: int, zero: int) -> str:
    """A product whose sums come out as floats."""
    codes, point = _codes(writer, name, zero)
    one = writer.shared_constant(np.ones((), np.float32), "one")
    none = writer.shared_constant(np.zeros((), np.int8), "weights_zero")
    weights = np.tile(_ends(columns).astype(np.int8), (rows, 1))
    operands = [codes, one, point, writer.shared_constant(weights, "weights"), one, none]
    return writer.new_node("QGemm", operands, f"{name}_sums", domain=DOMAIN)


def _conv(writer: OnnxWriter, name: str, sizes: tuple[int, int, int], zero: int) -> str:
    """A convolution whose sums are divided by the sum of its inputs, so that eight bits hold them."""
    channels, filters, size = sizes
    codes, point = _codes(writer, name, zero)
    one = writer.shared_constant(np.ones((), np.float32), "one")
    none = writer.shared_constant(np.zeros((), np.int8), "weights_zero")
    weights = np.tile(_ends(filters).astype(np.int8)[:, None, None, None], (1, channels, size, size))
    scale = np.float32(size * size * channels * (255 - zero))
    middle = writer.shared_constant(np.array(128, np.uint8), "middle")
    factor = writer.shared_constant(np.array(scale), "scale")
    operands = [codes, one, point, writer.shared_constant(weights, "weights"), one, none, factor, middle]
    quantized = writer.new_node(
        "QLinearConv", operands, f"{name}_quantized", domain=DOMAIN, channels_last=1,
        kernel_shape=(size, size), strides=(1, 1), pads=(0, 0, 0, 0), dilations=(1, 1), group=1,
    )  # fmt: skip
    return writer.new_node("DequantizeLinear", [quantized, one, middle], f"{name}_sums")
