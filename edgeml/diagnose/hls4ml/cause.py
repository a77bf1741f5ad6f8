"""The cause of a layer that differs, found by trying what goes wrong in practice.

Every cause is a function of the evidence that gives a sentence, or "" if it does not explain the numbers. The
first one that does is named. To add one, write it and put it into `_CAUSES`, the most certain first.

Invariant: a sentence that names a type as the cause was made by computing the layer with that type, and every
number of every sample was that of the project.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml import limits
from edgeml.diagnose.hls4ml.ap_type import ApType
from edgeml.diagnose.hls4ml.source import ForeignLayer, ForeignProject
from edgeml.errors import EdgemlError
from edgeml.files import read_bytes
from edgeml.fixed import Overflow
from edgeml.reading import error_text

Array = NDArray[np.float64]

_TABLES = ("softmax", "sigmoid", "tanh", "softplus", "elu", "selu", "softsign")


@dataclass(frozen=True, eq=False)
class LayerEvidence:
    """A layer that differs from Keras' on the same numbers.

    Args:
        project: as read.
        layer: of the project.
        keras_layer: the Keras layer.
        source: what the layer got in the project, (samples, n); equal to what Keras' layer got.
        expected: what Keras gives, (samples, m).
        got: what the project gives.
    """

    project: ForeignProject
    layer: ForeignLayer
    keras_layer: Any
    source: Array
    expected: Array
    got: Array


def explain_layer(evidence: LayerEvidence) -> str:
    """One sentence about the cause."""
    for cause in _CAUSES:
        sentence = cause(evidence)
        if sentence:
            return sentence
    kind = evidence.layer.type
    return f"its result has the type {kind}; no cause that edgeml tries gives these numbers"


def _weights(evidence: LayerEvidence) -> str:
    """Other weights than Keras multiplies with."""
    for array in evidence.layer.weights:
        if array not in evidence.project.files or not array.startswith(("w", "b")):
            continue
        path, kind = evidence.project.files[array]
        tensor = "bias" if array.startswith("b") else "kernel"
        want = _quantized(evidence.keras_layer, tensor)
        if want is None:
            continue
        there = _numbers(path)
        if there.size != want.size:
            return f"{path.name} holds {there.size} weights, Keras has {want.size}"
        # A layout may be another one, so the sorted numbers are compared.
        stored, needed = np.sort(kind.cast(there), axis=None), np.sort(want, axis=None)
        wrong = int(np.count_nonzero(stored != needed))
        if wrong:
            apart = float(np.max(np.abs(stored - needed)))
            if np.array_equal(np.sort(there, axis=None), needed):
                return (
                    f"the {tensor} is put into {kind}, which does not hold {wrong} of {want.size} of Keras' "
                    f"weights (up to {apart:g} apart)"
                )
            return f"{wrong} of {want.size} numbers of the {tensor} are not Keras' (up to {apart:g} apart)"
    return ""


def _result_type(evidence: LayerEvidence) -> str:
    """The result's own type, of Keras' values or of those that Keras quantizes."""
    kind = evidence.layer.type
    before = evidence.source
    if kind.loses(evidence.expected) and np.array_equal(kind.cast(evidence.expected), evidence.got):
        return f"its result type {_losses(kind, evidence.expected)}"
    if before.shape == evidence.got.shape:
        for rectified in (False, True):
            values = np.maximum(before, 0) if rectified else before
            if kind.loses(values) and np.array_equal(kind.cast(values), evidence.got):
                quantizer = getattr(evidence.keras_layer, "activation", None)
                quantized = f", and Keras' quantizer is {quantizer}" if quantizer is not None else ""
                return f"its result type {_losses(kind, values)}{quantized}"
    return ""


def _accumulator(evidence: LayerEvidence) -> str:
    """A narrow accumulator of a dense layer, or one of any linear layer that wraps."""
    accum, kind = evidence.project.type_in(evidence.layer, "accum_t"), evidence.layer.type
    if accum is None:
        return ""
    if accum.loses(evidence.expected) and np.array_equal(
        kind.cast(accum.cast(evidence.expected)), evidence.got
    ):
        return f"its accumulator {_losses(accum, evidence.expected)}"
    weights = _quantized(evidence.keras_layer, "kernel")
    bias = _quantized(evidence.keras_layer, "bias")
    if evidence.layer.function != "dense" or weights is None or weights.ndim != 2:
        return ""
    if evidence.source.shape[1] != weights.shape[0]:
        return ""
    total = np.broadcast_to(accum.cast(0.0 if bias is None else bias), evidence.got.shape)
    for row in range(weights.shape[0]):  # the order of nnet::dense_latency
        products = accum.cast(evidence.source[:, row : row + 1] * weights[row])
        total = accum.cast(total + products)
    if np.array_equal(kind.cast(total), evidence.got):
        products = evidence.source[:, :, None] * weights
        return f"its accumulator {_losses(accum, products)}"
    return ""


def _table(evidence: LayerEvidence) -> str:
    """A function by table, or a softmax whose differences wrap."""
    if evidence.layer.function not in _TABLES:
        return ""
    apart = float(np.max(np.abs(evidence.expected - evidence.got)))
    kinds = [
        f"{name} {kind}"
        for name in ("exp_table_t", "inv_table_t", "table_t")
        if (kind := evidence.project.type_in(evidence.layer, name)) is not None
    ]
    config = evidence.layer.config
    sizes = sorted({int(text) for name, text in config.items() if name.endswith("table_size")})
    if evidence.layer.function == "softmax":
        before = _type_of(evidence.project, evidence.layer.source)
        spread = evidence.source.max(axis=1) - evidence.source.min(axis=1)
        if before is not None:
            limit = 2.0 ** (before.type.integer - 1)
            wraps = spread >= limit
            wrong = evidence.expected.argmax(axis=1) != evidence.got.argmax(axis=1)
            if np.any(wraps) and np.array_equal(wraps & wrong, wrong) and np.any(wrong):
                return (
                    f"the stable softmax subtracts the largest logit in {before}: differences from {limit:g} "
                    f"on wrap, as in {int(np.count_nonzero(wraps))} of {len(wraps)} samples"
                )
    return (
        f"{evidence.layer.function} is computed by table (entries: {', '.join(map(str, sizes))}; "
        f"{', '.join(kinds)}), up to {apart:.2g} from Keras"
    )


_CAUSES: tuple[Callable[[LayerEvidence], str], ...] = (_weights, _result_type, _accumulator, _table)


def explain_input(kind: ApType, x: Array, got: Array) -> str:
    """The cause of a difference between the input and the data."""
    if np.array_equal(kind.cast(x), got):
        return f"the input's type {_losses(kind, x)}"
    return f"the input has the type {kind}"


def _losses(kind: ApType, values: Array) -> str:
    """The effect of a type on values, in words: the shares that it wraps, clips, truncates or rounds."""
    beyond, between = kind.share_beyond(values), kind.share_off_grid(values)
    parts: list[str] = []
    if beyond:
        verb = "wraps" if kind.overflow is Overflow.WRAP else "clips"
        parts.append(f"{verb} {beyond:.1%} of the values")
    if between:
        verb = "truncates" if kind.rounding.name.startswith("TRN") else f"rounds ({kind.rounding.name})"
        parts.append(f"{verb} {between:.1%} of them" if parts else f"{verb} {between:.1%} of the values")
    low, high = (float(np.ldexp(float(end), -kind.type.frac)) for end in (kind.type.lo, kind.type.hi))
    return f"{kind} (from {low:g} to {high:g} in steps of {kind.type.lsb:g}) {' and '.join(parts)}"


def _type_of(project: ForeignProject, array: str) -> ApType | None:
    if array == project.input.name:
        return project.input.type
    return next((layer.type for layer in project.layers if array in (layer.result, *layer.copies)), None)


def _quantized(layer: Any, tensor: str) -> Array | None:
    """The weights that Keras multiplies with, in its own layout; None if it has none."""
    names = ("kernel", "depthwise_kernel") if tensor == "kernel" else ("bias",)
    values = next((v for name in names if (v := getattr(layer, name, None)) is not None), None)
    if values is None:
        return None
    stem = "bias_quantizer" if tensor == "bias" else "kernel_quantizer"
    quantizer = getattr(layer, f"{stem}_internal", None) or getattr(
        layer, "depthwise_quantizer_internal", None
    )
    return np.asarray(values if quantizer is None else quantizer(values), np.float64)


def _numbers(path: Path) -> Array:
    """The weights in a text file.

    Raises:
        EdgemlError: it is not there, or holds no numbers.
    """
    text = read_bytes(path, "file of weights", limits.TEXT).decode("utf-8", "replace")
    try:
        numbers = np.array([float(word) for word in text.replace(",", " ").split()])
    except ValueError as error:
        raise EdgemlError(f"holds what is no number: {error_text(error)}", str(path)) from None
    if not numbers.size or not np.all(np.isfinite(numbers)):
        raise EdgemlError("holds no numbers, or one that is not finite", str(path))
    return numbers
