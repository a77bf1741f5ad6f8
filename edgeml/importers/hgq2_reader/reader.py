"""From the layers of an HGQ2 model to the exact graph.

Every layer rounds its own inputs, with bits of its own for each element, and sums exactly; its result is
rounded only if the layer says so, or by the next layer. The first layer's quantizer is the graph's input.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType
from edgeml.importers.base import ImportOptions
from edgeml.importers.hgq2_reader.archive import StoredLayer, StoredModel
from edgeml.importers.hgq2_reader.quantizers import HgqQuantizer, read_quantizer
from edgeml.ir import Builder, Graph, Op, Shape
from edgeml.ir.ops.add import Add
from edgeml.ir.ops.cast import Cast
from edgeml.ir.ops.concat import Concat
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.max import Max
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.min import Min
from edgeml.ir.ops.mul import Mul
from edgeml.ir.ops.relu import Relu
from edgeml.ir.ops.reshape import Reshape

_LINEAR = (None, "linear")
_NOTHING = ("Dropout", "SpatialDropout1D", "SpatialDropout2D", "GaussianNoise", "GaussianDropout")
_MERGES: Mapping[str, type[Op]] = {"QAdd": Add, "QMaximum": Max, "QMinimum": Min, "QMultiply": Mul}
_KINDS = frozenset(
    ("InputLayer", "QDense", "QConv1D", "QConv2D", *_MERGES, "QMaxPooling1D", "QMaxPooling2D", "MaxPooling1D",
     "MaxPooling2D", "Quantizer", "Concatenate", "Flatten", "Reshape", "ReLU", "Activation", *_NOTHING)
)  # fmt: skip
_COVERED = (
    "QDense, QConv1D, QConv2D, QAdd, QMultiply, QMaximum, QMinimum, QMaxPooling, Quantizer, Concatenate, "
    "Flatten, Reshape or ReLU"
)


class Hgq2Reader:
    """Reads one model.

    Args:
        model: the archive's parts.
        options: of the import.
        where: the file, for messages.
    """

    def __init__(self, model: StoredModel, options: ImportOptions, where: str) -> None:
        self._model, self._options, self._where = model, options, where
        self._build = Builder(options.name)
        self._values: dict[str, str] = {}
        self._rounded: dict[str, HgqQuantizer] = {}
        """By name of a graph input: the quantizer that it is already rounded by."""

    def graph(self) -> Graph:
        """The exact graph.

        Raises:
            EdgemlError: a layer or setting is not covered; names it and what to use instead.
        """
        for layer in self._model.layers:
            if layer.kind not in _KINDS:
                what = f"the layer {layer.kind} of HGQ2 is not covered"
                raise EdgemlError(what, self._at(layer), f"use {_COVERED}")
        for layer in self._model.layers:
            try:
                self._values[layer.name] = self._read(layer)
            except (KeyError, TypeError, ValueError, IndexError) as error:
                raise EdgemlError(
                    f"is damaged: {type(error).__name__} {error}", self._at(layer), "save it again"
                ) from error
        return self._build.graph(*dict.fromkeys(self._values[name] for name in self._model.outputs))

    def _at(self, layer: StoredLayer) -> str:
        return f"{self._where}: {layer.name} ({layer.kind})"

    def _read(self, layer: StoredLayer) -> str:
        if layer.settings.get("data_format", "channels_last") not in (None, "channels_last"):
            raise EdgemlError("has channels first", self._at(layer), "build it with channels last")
        inputs = [self._values[name] for name in layer.inputs]
        match layer.kind:
            case "InputLayer":
                return self._input(layer)
            case "QDense" | "QConv1D" | "QConv2D":
                result = self._product(layer, inputs[0])
            case kind if kind in _MERGES:
                result = self._merged(layer, inputs, _MERGES[kind])
            case "QMaxPooling1D" | "QMaxPooling2D" | "MaxPooling1D" | "MaxPooling2D":
                result = self._pooled(layer, inputs[0])
            case "Quantizer":
                return self._quantized(layer, inputs[0], layer.settings, "quantizer", layer.name)
            case "Concatenate":
                result = self._joined(layer, inputs)
            case "Flatten" | "Reshape":
                result = self._reshaped(layer, inputs[0])
            case "ReLU" | "Activation":
                result = self._activated(layer, inputs[0], layer.settings.get("activation", "relu"))
            case _:  # of _NOTHING, see `graph`
                return inputs[0]
        if layer.settings.get("enable_oq"):
            name = f"{layer.name}.result"
            return self._quantized(layer, result, layer.settings["oq_conf"], "oq/quantizer", name)
        return result

    # ------------------------------------------------------------ inputs and their rounding

    def _input(self, layer: StoredLayer) -> str:
        shape = tuple(layer.settings.get("batch_shape") or layer.settings["batch_input_shape"])[1:]
        if not shape or any(size is None for size in shape):
            raise EdgemlError(f"has the shape {shape}", self._at(layer), "give every axis a size")
        stated = self._options.lowering.input_type
        if stated is not None:
            text = stated if isinstance(stated, str) else stated.get(layer.name, stated.get("default", ""))
            return self._build.input(shape, FixedType.parse(text), layer.name)
        readers = [other for other in self._model.layers if layer.name in other.inputs]
        quantizers = [self._first(reader, layer.name) for reader in readers]
        if len(quantizers) != 1 or quantizers[0] is None:
            raise EdgemlError(
                "its input is not read by one quantizer alone",
                self._at(layer),
                "put a Quantizer of HGQ2 behind it, or state its type: --input-type 'fixed<W,I>'",
            )
        first = quantizers[0]
        signed = bool(np.any(first.signed))
        op = Input(shape, first.type_of(signed), first.rounding, first.overflow)
        name = self._build.add(op, name=layer.name)
        if not signed or np.all(first.signed | first.dead):
            self._rounded[name] = first
        return name

    def _first(self, reader: StoredLayer, source: str) -> HgqQuantizer | None:
        """The quantizer of a layer's input; None if it has none there."""
        if reader.kind == "Quantizer":
            return self._read_quantizer(reader, reader.settings, "quantizer")
        if reader.settings.get("enable_iq"):
            if reader.kind in _MERGES:
                return self._of_merge(reader, reader.inputs.index(source))
            return self._read_quantizer(reader, reader.settings["iq_conf"], "iq/quantizer")
        return None

    def _of_merge(self, layer: StoredLayer, place: int) -> HgqQuantizer:
        settings = layer.settings["iq_confs"]
        path = f"iq/quantizers/quantizer{f'_{place}' if place else ''}/quantizer"
        return self._read_quantizer(layer, settings[place] if isinstance(settings, list) else settings, path)

    def _read_quantizer(
        self, layer: StoredLayer, settings: Any, path: str, batch: bool = True
    ) -> HgqQuantizer:
        if layer.kind == "Quantizer":
            settings = settings.get("config", settings)
        return read_quantizer(settings, layer.variables, path, batch, self._at(layer))

    def _quantized(self, layer: StoredLayer, x: str, settings: Any, path: str, name: str) -> str:
        quantizer = self._read_quantizer(layer, settings, path)
        return self._masked(self._cast(x, quantizer, name), quantizer, name)

    def _cast(self, x: str, quantizer: HgqQuantizer, name: str) -> str:
        """The value with the quantizer's types; elements that are always zero are still to be dropped."""
        if self._rounded.pop(x, None) is not None:
            return x
        modes = quantizer.rounding, quantizer.overflow
        signed, unsigned = quantizer.signed, ~quantizer.signed & ~quantizer.dead
        if not (np.any(signed) and np.any(unsigned)):
            return self._build.add(Cast(quantizer.type_of(bool(np.any(signed))), *modes), x, name=name)
        # One type array has one sign: with a sign, and a bit more, elements without one are cast again.
        parts: list[str] = []
        for chosen, has_sign in ((signed, True), (unsigned, False)):
            part = self._build.add(Cast(quantizer.type_of(has_sign), *modes), x, name=f"{name}.part")
            parts.append(self._times(part, chosen, f"{name}.part"))
        return self._build.add(Add(), *parts, name=name)

    def _masked(self, x: str, quantizer: HgqQuantizer, name: str) -> str:
        return self._times(x, ~quantizer.dead, name) if np.any(quantizer.dead) else x

    def _times(self, x: str, chosen: NDArray[np.bool_], name: str) -> str:
        mask = self._build.const(chosen.astype(np.int64), FixedType(False, 1, 0), f"{name}.mask")
        return self._build.add(Mul(), x, mask, name=name)

    # ------------------------------------------------------------ layers

    def _product(self, layer: StoredLayer, x: str) -> str:
        settings, name = layer.settings, layer.name
        weights = layer.variables["vars/0"]
        kernel = self._read_quantizer(layer, settings["kq_conf"], "kq/quantizer", batch=False)
        codes, kind = kernel.constant(weights)
        if settings.get("enable_iq"):
            own = self._read_quantizer(layer, settings["iq_conf"], "iq/quantizer")
            x = self._cast(x, own, f"{name}.input")
            dead = np.broadcast_to(own.dead, self._build.info(x).shape)
            rows = dead.reshape(-1, dead.shape[-1])
            if np.all(rows == rows[:1]) and settings.get("groups", 1) == 1:
                codes = np.where(rows[0][:, np.newaxis], 0, codes)
            else:
                x = self._masked(x, own, f"{name}.input")
        weight = self._build.const(codes, kind, f"{name}.weight")
        activation, use_bias = settings.get("activation", "linear"), bool(settings.get("use_bias"))
        ends = [f"{name}.product", *([f"{name}.add"] if use_bias else [])]
        if activation in _LINEAR:
            ends[-1] = name
        y = self._build.add(self._op(layer, x, codes), x, weight, name=ends[0])
        if use_bias:
            bias = self._read_quantizer(layer, settings["bq_conf"], "bq/quantizer", batch=False)
            b = self._build.const(*bias.constant(layer.variables["vars/1"]), f"{name}.bias")
            y = self._build.add(Add(), y, b, name=ends[1])
        return self._activated(layer, y, activation)

    def _op(self, layer: StoredLayer, x: str, codes: NDArray[Any]) -> Op:
        if layer.kind == "QDense":
            return MatMul()
        settings, kernel = layer.settings, codes.shape[:-2]
        strides, dilation = (tuple(int(n) for n in settings[key]) for key in ("strides", "dilation_rate"))
        pads = self._padding(layer, x, kernel, strides, dilation)
        return Conv(strides, pads, dilation, int(settings.get("groups", 1)))

    def _padding(
        self, layer: StoredLayer, x: str, kernel: Shape, strides: Shape, dilation: Shape
    ) -> tuple[tuple[int, int], ...]:
        """Zeros before and after, per spatial axis; an odd one goes to the end."""
        mode, space = str(layer.settings["padding"]), self._build.info(x).shape[:-1]
        if mode not in ("same", "valid"):
            raise EdgemlError(f"has padding {mode!r}", self._at(layer), "use padding 'same' or 'valid'")
        reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
        total = [max((-(-n // s) - 1) * s + r - n, 0) for n, r, s in zip(space, reach, strides, strict=True)]
        return tuple((n // 2, n - n // 2) if mode == "same" else (0, 0) for n in total)

    def _activated(self, layer: StoredLayer, x: str, activation: Any) -> str:
        plain = {"ReLU": ("max_value", "negative_slope", "threshold")}.get(layer.kind, ())
        if any(layer.settings.get(key) for key in plain):
            raise EdgemlError("is a ReLU with a bound or slope", self._at(layer), "use a plain ReLU")
        if activation in _LINEAR:
            return x
        if activation != "relu":
            raise EdgemlError(f"has the activation {activation!r}", self._at(layer), "use relu or linear")
        return self._build.add(Relu(), x, name=layer.name)

    def _merged(self, layer: StoredLayer, inputs: list[str], op: Callable[[], Op]) -> str:
        parts: list[str] = []
        for place, x in enumerate(inputs):
            if not layer.settings.get("enable_iq"):
                parts.append(x)
                continue
            quantizer, name = self._of_merge(layer, place), f"{layer.name}.input{place}"
            parts.append(self._masked(self._cast(x, quantizer, name), quantizer, name))
        result = parts[0]
        for place, part in enumerate(parts[1:], start=2):
            name = layer.name if place == len(parts) else f"{layer.name}.part"
            result = self._build.add(op(), result, part, name=name)
        return result

    def _pooled(self, layer: StoredLayer, x: str) -> str:
        settings = layer.settings
        if settings.get("enable_iq"):
            x = self._quantized(layer, x, settings["iq_conf"], "iq/quantizer", f"{layer.name}.input")
        pool, strides = (tuple(int(n) for n in settings[key]) for key in ("pool_size", "strides"))
        pads = self._padding(layer, x, pool, strides, (1,) * len(pool))
        return self._build.add(MaxPool(pool, strides, pads), x, name=layer.name)

    def _joined(self, layer: StoredLayer, inputs: list[str]) -> str:
        axis, rank = int(layer.settings["axis"]), len(self._build.info(inputs[0]).shape)
        return self._build.add(Concat(axis + rank if axis < 0 else axis - 1), *inputs, name=layer.name)

    def _reshaped(self, layer: StoredLayer, x: str) -> str:
        size = self._build.info(x).size
        shape = [int(n) for n in layer.settings.get("target_shape", (size,))]
        product = int(np.prod([n for n in shape if n > 0], dtype=np.int64))
        whole = tuple(size // product if n < 0 else n for n in shape)
        return self._build.add(Reshape(whole), x, name=layer.name)
