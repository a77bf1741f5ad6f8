"""The types of a configuration of hls4ml that a Keras model needs, and a note on each of the others.

A type is used where the model quantizes nothing: for an input that no quantizer follows, and for weights,
bias and result of a layer in float. What the user stated otherwise (`--input-type`, `--layer-type`) comes
first.

Invariant: every type of the configuration is in the table, used or with the reason why not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from edgeml.importers.hls4ml_config import HlsPrecision, hls_type, stated_types
from edgeml.keras.topology import Topology, topology
from edgeml.presets import Lowering
from edgeml.presets.lowering import TensorTypes
from edgeml.runconfig import TakenType

_OWN = "not used: the model's own quantizer states it"
_BY_OPTION = "not used: an option states another"
_EXACT = "not used: sums are exact here"
_NO_LAYER = "not used: the model has no such layer"
_NO_USE = "not used: the layer has no such tensor in float"
_INPUT = "rounded to half to even and saturated"
_DEFAULT = "Model.Precision"


def with_hls4ml_types(
    model: Any, lowering: Lowering, precision: HlsPrecision
) -> tuple[Lowering, tuple[TakenType, ...]]:
    """The settings completed with the types of a configuration, and what became of each.

    Args:
        model: a Keras model.
        lowering: what the user stated.
        precision: the configuration.

    Raises:
        EdgemlError: a type cannot be read.
    """
    plan = topology(model)
    inputs, rows = _inputs(plan, lowering, precision)
    layers: dict[str, Any] = dict(lowering.layer_types)
    calls = {call.name: call.layer for call in plan.calls}
    for name in [name for name in precision.layers if name not in dict(plan.inputs)]:
        types, stated = _layer(name, calls.get(name), lowering, precision)
        rows += stated
        if types:
            layers[name] = TensorTypes(**types)
    default, stated = _default(lowering, precision)
    update = {"input_type": inputs or lowering.input_type, "layer_types": layers, "float_type": default}
    return lowering.model_copy(update=update), (*rows, *stated)


def _inputs(
    plan: Topology, lowering: Lowering, precision: HlsPrecision
) -> tuple[dict[str, str], list[TakenType]]:
    """Types of the inputs that no quantizer follows; the default where none is stated for one."""
    types: dict[str, str] = {}
    rows: list[TakenType] = []
    for name, key in plan.inputs:
        entries = [entry for entry in stated_types(name, precision) if entry[0] == "result"]
        if not entries and precision.default:
            entries = [("result", precision.default, _DEFAULT)]
        readers = [call for call in plan.calls if key in call.inputs]
        quantized = bool(readers) and all(type(call.layer).__name__ == "QActivation" for call in readers)
        by_option = lowering.type_of(name) is not None
        for _, text, origin in entries:
            used = not quantized and not by_option
            remark = _INPUT if used else _OWN if quantized else _BY_OPTION
            if used:
                types[name] = str(hls_type(text, _where(precision, origin)).type)
            rows.append(_row(name, "input", text, origin, used, remark))
    return types, rows


def _layer(
    name: str, layer: Any, lowering: Lowering, precision: HlsPrecision
) -> tuple[dict[str, str], list[TakenType]]:
    types: dict[str, str] = {}
    rows: list[TakenType] = []
    in_float = {} if layer is None else dict(_tensors_in_float(layer))
    for tensor, text, origin in stated_types(name, precision):
        remark = ""
        if layer is None:
            remark = _NO_LAYER
        elif tensor == "accum":
            remark = _EXACT
        elif type(layer).__module__.startswith("qkeras") and not in_float.get(tensor):
            remark = _OWN
        elif not in_float.get(tensor):
            remark = _NO_USE
        elif name in lowering.layer_types:
            remark = _BY_OPTION
        else:
            types[tensor] = str(hls_type(text, _where(precision, origin)))
        rows.append(_row(name, tensor, text, origin, not remark, remark))
    return types, rows


def _tensors_in_float(layer: Any) -> Iterator[tuple[str, bool]]:
    """Tensors of a layer that no quantizer rounds."""
    kernels = ("kernel", "depthwise", "pointwise")
    has_weights = any(hasattr(layer, f"{stem}_kernel") or hasattr(layer, stem) for stem in kernels)
    quantized = any(getattr(layer, f"{stem}_quantizer", None) for stem in kernels)
    own = has_weights and not quantized
    yield "weight", own
    yield "bias", bool(getattr(layer, "use_bias", False)) and not getattr(layer, "bias_quantizer", None)
    yield "result", own or (not has_weights and type(layer).__module__.startswith("keras"))


def _default(lowering: Lowering, precision: HlsPrecision) -> tuple[str | None, list[TakenType]]:
    """The type of all layers in float that have none of their own."""
    if not precision.default:
        return lowering.float_type, []
    if lowering.float_type is not None:
        return lowering.float_type, [_row("", "all", precision.default, _DEFAULT, False, _BY_OPTION)]
    stated = str(hls_type(precision.default, _where(precision, _DEFAULT)))
    return stated, [_row("", "all", precision.default, _DEFAULT, True, "layers in float without their own")]


def _row(layer: str, tensor: str, text: str, origin: str, used: bool, remark: str) -> TakenType:
    return TakenType(layer=layer, tensor=tensor, type=text, origin=origin, used=used, remark=remark)


def _where(precision: HlsPrecision, origin: str) -> str:
    return f"{precision.path}: {origin}"
