"""Random QKeras models: Keras' integers against the graph's, and the graph's against ONNX Runtime's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given, reject
from hypothesis import strategies as st

from edgeml import emulator
from edgeml.errors import EdgemlError
from edgeml.ir import evaluate_codes, input_codes
from edgeml.keras.backend import import_keras
from edgeml.keras.float32 import not_proven
from edgeml.keras.lower import lower_model
from edgeml.keras.runner import keras_codes
from tests.fuzz.campaign import Outcome, hunting
from tests.fuzz.case import EXACT, REFUSED, DifferenceError, Failure
from tests.keras.exactness import corner_data, randomize


@st.composite
def _bits(draw: st.DrawFn, most: int = 8) -> str:
    bits = draw(st.integers(1, most))
    integer = draw(st.integers(-2, bits + 1))
    keep = draw(st.booleans()) or bits == 1
    symmetric = draw(st.integers(0, 1)) if keep and bits > 1 else 0
    return f"quantized_bits({bits}, {integer}, {symmetric}, keep_negative={keep}, alpha=1)"


_weights = st.one_of(
    _bits(),
    st.integers(2, 6).map(lambda bits: f"quantized_bits({bits}, 0, alpha='auto_po2')"),
    st.sampled_from(
        ["binary(alpha=1)", "ternary(alpha=1)", "quantized_po2(4)", "quantized_linear(4, 1, alpha=1)"]
    ),
)

_activations = st.one_of(
    _bits(),
    st.builds(
        lambda bits, integer: f"quantized_relu({bits}, {integer})", st.integers(1, 8), st.integers(-1, 4)
    ),
    st.builds(
        lambda bits, slope: f"quantized_relu({bits}, 1, negative_slope={slope})",
        st.integers(3, 8),
        st.sampled_from([0.5, 0.125]),
    ),
    st.sampled_from(
        ["quantized_tanh(5)", "quantized_sigmoid(5)", "quantized_relu_po2(4)", "ternary()", "binary()"]
    ),
)


@st.composite
def recipes(draw: st.DrawFn) -> tuple[tuple[int, ...], tuple[tuple[Any, ...], ...], int]:
    """Input shape, layers as (kind, arguments ...), seed of the weights."""
    image = draw(st.booleans())
    shape = (
        (draw(st.integers(3, 7)), draw(st.integers(3, 7)), draw(st.integers(1, 3)))
        if image
        else (draw(st.integers(1, 9)),)
    )
    layers: list[tuple[Any, ...]] = [("quantize", draw(_bits()))]
    for _ in range(draw(st.integers(1, 3))):
        kinds = (
            ["conv", "depthwise", "max_pool", "average_pool", "add", "flatten"]
            if image
            else ["dense", "batch_norm", "concat"]
        )
        kind = draw(st.sampled_from(kinds))
        if kind in ("conv", "dense"):
            layers.append(
                (
                    kind,
                    draw(st.integers(1, 5)),
                    draw(_weights),
                    draw(st.sampled_from([None, "quantized_bits(5, 1, alpha=1)"])),
                )
            )
        elif kind == "depthwise":
            layers.append((kind, draw(_weights)))
        else:
            layers.append((kind,))
        image = image and kind != "flatten"
        layers.append(("activation", draw(_activations)))
    return shape, tuple(layers), draw(st.integers(0, 2**31 - 1))


def build(shape: tuple[int, ...], layers: tuple[tuple[Any, ...], ...], number: int) -> Any:
    """The Keras model of a recipe, with random weights."""
    keras = import_keras()
    import qkeras

    x = inputs = keras.Input(shape, name="x")
    for position, (kind, *args) in enumerate(layers):
        name = f"{kind}{position}"
        match kind:
            case "quantize" | "activation":
                x = qkeras.QActivation(args[0], name=name)(x)
            case "conv":
                size = 2 if min(x.shape[1:3]) > 1 else 1
                x = qkeras.QConv2D(
                    args[0],
                    size,
                    kernel_quantizer=args[1],
                    bias_quantizer=args[2],
                    use_bias=args[2] is not None,
                    name=name,
                )(x)
            case "dense":
                x = qkeras.QDense(
                    args[0],
                    kernel_quantizer=args[1],
                    bias_quantizer=args[2],
                    use_bias=args[2] is not None,
                    name=name,
                )(x)
            case "depthwise":
                x = qkeras.QDepthwiseConv2D(
                    2, padding="same", depthwise_quantizer=args[0], use_bias=False, name=name
                )(x)
            case "max_pool":
                x = keras.layers.MaxPooling2D(2, padding="same", name=name)(x)
            case "average_pool":
                x = keras.layers.AveragePooling2D(2, padding="same", name=name)(x)
            case "batch_norm":
                x = keras.layers.BatchNormalization(name=name)(x)
            case "add":
                x = keras.layers.Add(name=name)([x, x])
            case "concat":
                x = keras.layers.Concatenate(name=name)([x, x])
            case _:
                x = keras.layers.Flatten(name=name)(x)
    model = keras.Model(inputs, x, name="random")
    randomize(model, number)
    return model


def try_model(model: Any, outcome: Outcome) -> str:
    """Lower, compare with Keras where float32 is proven exact, and compare ONNX Runtime always.

    Raises:
        DifferenceError: integers differ.
    """
    try:
        lowered = lower_model(model)
    except EdgemlError:
        return REFUSED
    graph = lowered.graph
    x = corner_data(tuple(model.inputs[0].shape[1:]))
    codes = input_codes(graph, x)
    ours = evaluate_codes(graph, codes)
    fast = emulator(graph).predict(x, raw=True)
    output = graph.outputs[0]
    if not np.array_equal(fast, ours[output]):
        outcome.failure = Failure("onnx", {}, graph, codes, "ONNX Runtime differs")
        raise DifferenceError("ONNX Runtime differs")
    if not all(note.exact for note in lowered.notes) or not_proven(graph):
        return "float32 not exact"
    theirs = keras_codes(model, graph, x)[output]
    if not np.array_equal(theirs, ours[output]):
        outcome.failure = Failure("onnx", {}, graph, codes, "Keras differs")
        raise DifferenceError("Keras differs")
    return EXACT


def model_campaign(count: int, number: int, tell: Callable[[], None] = lambda: None) -> Outcome:
    """`count` random models; see `try_model`."""
    outcome = Outcome()

    @hunting(number, count)
    @given(recipe=recipes())
    def hunt(recipe: Any) -> None:
        try:
            verdict = try_model(build(*recipe), outcome)
        except DifferenceError as error:
            raise DifferenceError(f"{error}: {recipe}") from None
        outcome.counts[verdict] += 1
        tell()
        if verdict != EXACT:
            reject()

    try:
        hunt()
    except DifferenceError as error:
        outcome.counts["different"] += 1
        if outcome.failure is not None:
            failure = outcome.failure
            outcome.failure = Failure(
                failure.backend, failure.options, failure.graph, failure.inputs, str(error)
            )
    return outcome
