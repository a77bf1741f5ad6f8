"""Networks of Brevitas and PyTorch, exported in every form that they write: run in .venv-brevitas.

    python tests/brevitas/networks.py FOLDER

Weights are random, statistics of activations and batch norm come from random data, the mode is evaluation.
An export that fails ends the run.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import brevitas.nn as qnn
import torch
from brevitas.export import export_onnx_qcdq, export_qonnx
from brevitas.quant import (
    Int8ActPerTensorFixedPoint,
    Int8WeightPerChannelFloat,
    Int8WeightPerTensorFixedPoint,
    Int32Bias,
)
from torch import nn


def fully_connected() -> tuple[nn.Module, tuple[int, ...]]:
    """Scales per tensor, unsigned ReLU, biases of 32 bits in the scale of the sums."""

    def linear(inputs: int, outputs: int) -> nn.Module:
        return qnn.QuantLinear(inputs, outputs, bias=True, weight_bit_width=4, bias_quant=Int32Bias)

    return nn.Sequential(
        qnn.QuantIdentity(bit_width=8, return_quant_tensor=True),
        linear(12, 16),
        qnn.QuantReLU(bit_width=4, return_quant_tensor=True),
        linear(16, 8),
        qnn.QuantReLU(bit_width=3, return_quant_tensor=True),
        linear(8, 5),
    ), (12,)


def fixed_point() -> tuple[nn.Module, tuple[int, ...]]:
    """Scales that are powers of two."""
    act = {"act_quant": Int8ActPerTensorFixedPoint, "return_quant_tensor": True}
    weights = {"weight_quant": Int8WeightPerTensorFixedPoint, "bias": False}
    return nn.Sequential(
        qnn.QuantIdentity(**act),
        qnn.QuantLinear(12, 10, weight_bit_width=5, **weights),
        nn.ReLU(),
        qnn.QuantIdentity(bit_width=6, **act),
        qnn.QuantLinear(10, 4, weight_bit_width=5, **weights),
        qnn.QuantIdentity(**act),
    ), (12,)


def convolutional() -> tuple[nn.Module, tuple[int, ...]]:
    """Scales per channel, batch norm, max pooling."""

    def conv(inputs: int, outputs: int, **options: Any) -> nn.Module:
        quant = {"weight_quant": Int8WeightPerChannelFloat, "weight_bit_width": 4, "bias": False}
        return qnn.QuantConv2d(inputs, outputs, 3, padding=1, **quant, **options)

    return nn.Sequential(
        qnn.QuantIdentity(bit_width=8, return_quant_tensor=True),
        conv(2, 6),
        nn.BatchNorm2d(6),
        qnn.QuantReLU(bit_width=4, return_quant_tensor=True),
        nn.MaxPool2d(2),
        conv(6, 6, groups=6),
        nn.BatchNorm2d(6),
        qnn.QuantReLU(bit_width=4, return_quant_tensor=True),
        nn.Flatten(),
        qnn.QuantLinear(6 * 16, 4, bias=True, weight_bit_width=4, bias_quant=Int32Bias),
    ), (2, 8, 8)


class Residual(nn.Module):
    """A QuantIdentity quantizes both summands, so that they share its scale."""

    def __init__(self) -> None:
        super().__init__()
        self.start = qnn.QuantIdentity(bit_width=8, return_quant_tensor=True)
        self.first = qnn.QuantConv2d(3, 4, 1, bias=False, weight_bit_width=4)
        self.second = qnn.QuantConv2d(4, 4, 3, padding=1, bias=False, weight_bit_width=4)
        self.relu = qnn.QuantReLU(bit_width=5, return_quant_tensor=True)
        self.shared = qnn.QuantIdentity(bit_width=5, return_quant_tensor=True)
        self.last = qnn.QuantLinear(4 * 36, 3, bias=True, weight_bit_width=4, bias_quant=Int32Bias)

    def forward(self, x: Any) -> Any:
        x = self.shared(self.first(self.start(x)))
        y = self.shared(self.second(x))
        return self.last(self.relu(x + y).flatten(1))


def residual() -> tuple[nn.Module, tuple[int, ...]]:
    """A skip connection."""
    return Residual(), (3, 6, 6)


NETWORKS: tuple[Callable[[], tuple[nn.Module, tuple[int, ...]]], ...] = (
    fully_connected,
    fixed_point,
    convolutional,
    residual,
)


def qonnx(model: nn.Module, x: torch.Tensor, path: Path) -> None:
    export_qonnx(model, args=x, export_path=str(path), dynamo=False, opset_version=13)


def qonnx_dynamo(model: nn.Module, x: torch.Tensor, path: Path) -> None:
    export_qonnx(model, args=x, export_path=str(path), dynamo=True, opset_version=18, external_data=False)


def qcdq(model: nn.Module, x: torch.Tensor, path: Path) -> None:
    export_onnx_qcdq(model, args=x, export_path=str(path), dynamo=False, opset_version=13)


FORMS = {"qonnx": qonnx, "qonnx_dynamo": qonnx_dynamo, "qcdq": qcdq}


def torch_qdq(path: Path) -> None:
    """PyTorch's own quantization by fake quantizers, exported as QuantizeLinear and DequantizeLinear."""
    from torch.ao.quantization import get_default_qat_qconfig, prepare_qat

    torch.manual_seed(7)
    model = nn.Sequential(
        torch.ao.quantization.QuantStub(),
        nn.Conv2d(2, 4, 3),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(4 * 36, 3),
    ).train()
    model.qconfig = get_default_qat_qconfig("qnnpack", version=0)
    prepared = prepare_qat(model)
    prepared(torch.rand(32, 2, 8, 8))
    prepared.eval().apply(torch.ao.quantization.disable_observer)
    torch.onnx.export(prepared, (torch.rand(1, 2, 8, 8),), str(path), dynamo=False, opset_version=13)


def main() -> None:
    folder = Path(sys.argv[1])
    for network in NETWORKS:
        torch.manual_seed(5)
        model, shape = network()
        for _ in range(3):
            model.train()(torch.randn(64, *shape))
        model.eval()
        for form, export in FORMS.items():
            export(model, torch.rand(1, *shape), folder / f"{network.__name__}.{form}.onnx")
    torch_qdq(folder / "torch.qdq.onnx")


if __name__ == "__main__":
    main()
