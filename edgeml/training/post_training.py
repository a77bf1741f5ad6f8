"""Post-training quantization at the widths of a quantization-aware model, as an exact graph.

The weights of the float baseline go into the quantizers of the quantized model, and that is lowered like any
other: the same topology, the same widths, exact sums, and no training for it. Either the types are the
model's own, as someone sets them by hand, or the binary point of each is moved to where the float baseline
needs it, at the same width: of weights and biases by their values, of activations by what the baseline
computes on training samples. A type is moved to the place with the smallest mean squared error, which is
never larger than at its own place.

Only `quantized_bits` with a constant scale and plain `quantized_relu` have a point to move. Others keep their
type: tanh, sign and powers of two have a fixed range, a scale of "auto" follows the weights by itself.

Invariant: with the quantized model's own weights and types the graph is the quantized model's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.ir import Graph
from edgeml.keras.float_model import copy_weights
from edgeml.keras.load import load_model
from edgeml.keras.lower import lower

SAMPLES = 512
"""Training samples that activations are looked at on; as many as the int8 baseline is calibrated with."""

_REACH = 6
"""The number of bits that the point may go below the place where the largest value just fits."""

_BATCH = 128

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class RecalibratedType:
    """A type whose binary point was moved: `before` and `after` count integer bits without the sign."""

    layer: str
    what: str
    bits: int
    before: int
    after: int


@dataclass(frozen=True)
class PostTrainingGraph:
    """The exact graph of the float baseline's weights, and the types that were moved for them."""

    graph: Graph
    moved: tuple[RecalibratedType, ...] = ()


def post_training(
    model_file: Path, float_file: Path, name: str, samples: Any = None, softmax: Any = "logits"
) -> PostTrainingGraph:
    """Quantize the float baseline after training.

    Args:
        model_file: the quantization-aware model, for its quantizers.
        float_file: the float baseline of the same topology.
        name: of the graph.
        samples: floats (samples, ...) from the training part, at most `SAMPLES` of which are looked at; with
            them types are calibrated, without them they stay as they are.
        softmax: as for `edgeml.keras.lower.lower`.

    Raises:
        EdgemlError: a file is missing or damaged, the baseline's weights do not fit the model, or a weight
            cannot be put into its quantizer.
        MissingToolError: TensorFlow or QKeras is not installed.
    """
    model, baseline = load_model(model_file), load_model(float_file)
    copy_weights(baseline, model)
    moved = () if samples is None else tuple(_calibrated(model, baseline, samples))
    return PostTrainingGraph(lower(model, name, softmax=softmax), moved)


def best_integer(quantizer: Any, values: Floats) -> int:
    """The integer bits, without the sign, with the smallest mean squared error on some values.

    Args:
        quantizer: one that `_movable` says yes to.
        values: floats of any shape.

    Returns:
        The quantizer's own if no other place is better.
    """
    own = int(quantizer.integer)
    rectified = type(quantizer).__name__ == "quantized_relu"
    x = np.asarray(values, np.float64).ravel()
    x = np.maximum(x, 0) if rectified else x
    peak = float(np.abs(x).max(initial=0.0))
    if peak == 0:
        return own
    fitting = int(np.ceil(np.log2(peak))) + 1
    least = max(0, fitting - _REACH) if rectified else fitting - _REACH
    places = [own, *(i for i in range(fitting, least - 1, -1) if i != own)]
    return min(places, key=lambda integer: _error(quantizer, integer, x))  # of equals the first: its own


def _error(quantizer: Any, integer: int, x: NDArray[np.float64]) -> float:
    """Mean squared error of rounding half to even to the quantizer's width, and clipping."""
    signed = type(quantizer).__name__ == "quantized_bits" and bool(quantizer.keep_negative)
    magnitude = int(quantizer.bits) - signed
    lsb, most = 2.0 ** (integer - magnitude), 2.0**magnitude - 1
    symmetric = bool(getattr(quantizer, "symmetric", False))
    least = (-most if symmetric else -most - 1) if signed else 0.0
    return float(np.mean((np.clip(np.rint(x / lsb), least, most) * lsb - x) ** 2))


def _calibrated(model: Any, baseline: Any, samples: Any) -> Iterator[RecalibratedType]:
    x = np.asarray(samples, np.float32)[:SAMPLES]
    if not len(x):
        raise EdgemlError("no samples to calibrate with", model.name)
    counterparts = {layer.name: layer for layer in baseline.layers}
    for layer in model.layers:
        # The weights of a folded layer are quantized after folding: they are no weights of the baseline.
        if not hasattr(layer, "batchnorm"):
            for stem in ("kernel", "depthwise", "pointwise", "bias"):
                tensor = getattr(layer, stem if stem in ("kernel", "bias") else f"{stem}_kernel", None)
                chosen = getattr(layer, f"{stem}_quantizer_internal", None)
                if tensor is not None and _movable(chosen):
                    yield from _move((chosen,), np.asarray(tensor), layer.name, stem)
        chosen = getattr(layer, "activation", None)
        if not _movable(chosen) or layer.name not in counterparts or len(layer._inbound_nodes) != 1:
            continue
        values = _outputs(baseline, counterparts[layer.name], x)
        yield from _move((chosen, getattr(layer, "quantizer", None)), values, layer.name, "activation")


def _move(quantizers: tuple[Any, ...], values: Floats, layer: str, what: str) -> Iterator[RecalibratedType]:
    first = quantizers[0]
    before, after = int(first.integer), best_integer(first, values)
    if before == after:
        return
    for quantizer in quantizers:
        if quantizer is not None:
            quantizer.integer = after
    yield RecalibratedType(layer, what, int(first.bits), before, after)


def _movable(quantizer: Any) -> bool:
    """True if the range of a quantizer depends on its integer bits alone."""
    kind = type(quantizer).__name__
    if kind == "quantized_bits":
        constant = not isinstance(quantizer.alpha, str) and quantizer.alpha in (None, 1)
        return constant and int(quantizer.bits) - bool(quantizer.keep_negative) >= 1
    if kind == "quantized_relu":
        plain = not quantizer.use_sigmoid and not quantizer.negative_slope
        return plain and not quantizer.relu_upper_bound and int(quantizer.bits) >= 1
    return False


def _outputs(baseline: Any, layer: Any, x: Floats) -> Floats:
    """The values of a layer of the baseline, (samples, ...)."""
    import keras

    inner = keras.Model(list(baseline.inputs), layer.output)
    parts = (inner([x[start : start + _BATCH]], training=False) for start in range(0, len(x), _BATCH))
    return np.concatenate([np.asarray(part, np.float32) for part in parts])
