"""Every activation, element-wise layer and quantizer against Keras itself, on every code of small input
types.

Found by folder and by name: a new file in `layers/` or `quantizers/`, a new activation in `ELEMENTWISE`, a
new value of a setting below, and all combinations are compared. The settings lie on, beside and off the
grids of the inputs, so that every edge (a threshold, a bound, a tie, zero) is met by a code.
"""

from __future__ import annotations

import inspect
import itertools
import random
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import tensorflow

from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType, to_float
from edgeml.ir import evaluate_codes
from edgeml.keras import layers as layer_folder
from edgeml.keras import quantizers as quantizer_folder
from edgeml.keras.backend import import_keras, import_qkeras
from edgeml.keras.builder import LayerBuilder
from edgeml.keras.float32 import not_proven
from edgeml.keras.handlers import LayerKind
from edgeml.keras.layers._activation import ELEMENTWISE, activate
from edgeml.keras.quantizers import lower_activation
from edgeml.keras.registry import snake_case

keras, qkeras = import_keras(), import_qkeras()

INPUTS = (
    FixedType(True, 8, 4),  # a grid of 1/16: thresholds of 3/4 and bounds of 3/2 are codes of it
    FixedType(False, 7, 3),
    FixedType(True, 5, -1),  # coarser than one
    FixedType(True, 9, 9),  # below one
    FixedType(True, 1, 0),
)

QUANTIZED = qkeras.quantized_bits(8, 2, alpha=1.0)
"""The quantizers that follow a real function."""

CANNOT_RUN = (AssertionError, tensorflow.errors.InvalidArgumentError)

MOST = 16
"""Combinations tried of one class; where there are more, a fixed random choice of them."""

MANY = 90
"""The same in the slow tests."""

SETTINGS: dict[str, tuple[Any, ...]] = {
    "threshold": (None, 0.0, 0.5, 0.75, 0.8, 7.0),
    "max_value": (None, 0.0, 1.5, 1.3, 6.0),
    "negative_slope": (None, 0.0, 0.25, 0.5, 0.3),
    "relu_upper_bound": (None, 1.5, 6.0, 0.3),
    "bits": (1, 2, 4),
    "integer": (0, 1, 2),
    "symmetric": (False, True),
    "keep_negative": (False, True),
    "use_01": (False, True),
    "use_real_tanh": (False, True),
    "use_real_sigmoid": (False, True),
    "use_sigmoid": (0, 1),
    "use_stochastic_rounding": (False, True),
    "is_quantized_clip": (False, True),
    "quadratic_approximation": (False, True),
    "alpha": (None, 1.0, 0.5, 0.75),
    "slope": (0.5,),
}


@dataclass(frozen=True)
class Case:
    """A function of Keras, how it is lowered, and its name."""

    name: str
    apply: Any
    lower: Any


def combinations(make: Any, most: int = MOST) -> list[dict[str, Any]]:
    """Settings of a class that are in SETTINGS, every combination; None means its own default."""
    known = [name for name in inspect.signature(make.__init__).parameters if name in SETTINGS]
    found = list(itertools.product(*(SETTINGS[name] for name in known)))
    if len(found) > most:
        found = random.Random(0).sample(found, most)
    return [{k: v for k, v in zip(known, values, strict=True) if v is not None} for values in found]


def made(make: Any, most: int = MOST) -> list[tuple[str, Any]]:
    """The settings that the class accepts, distinct."""
    things: dict[str, Any] = {}
    for settings in combinations(make, most):
        try:
            thing = make(**settings)
        except (ValueError, TypeError, AssertionError):
            continue
        label = ",".join(f"{key}={value}" for key, value in settings.items())
        things[f"{make.__name__}({label})"] = thing
    return list(things.items())


def result_of(case: Case, kind: FixedType):
    """The graph of the case on one input of a type, whether a quantizer had to follow, the builder."""
    builder = LayerBuilder("one")
    builder.layer = "input_layer"
    source = builder.cast(builder.raw_input("x", (1,)), kind)
    builder.layer = "layer"
    value = case.lower(builder, source)
    pending = value in builder.floats
    if pending:
        builder.layer = "after"
        value = lower_activation(QUANTIZED, builder, value, "q")
    if value == source:
        value = builder.add(type_identity(builder, source), source, part="copy")
    return builder.graph.graph(value), pending, builder


def type_identity(builder: LayerBuilder, source: str):
    from edgeml.ir.ops.reshape import Reshape

    return Reshape(builder.info(source).shape)


def compare(case: Case) -> int:
    """Compare every code of every input type; how many were compared."""
    compared = 0
    for kind in INPUTS:
        try:
            graph, pending, builder = result_of(case, kind)
        except EdgemlError as error:
            if not error.hint:
                raise
            continue
        if any(not note.exact for note in builder.notes) or not_proven(graph):
            continue
        codes = np.arange(kind.lo, kind.hi + 1)[:, None]
        name = graph.outputs[0]
        ours = to_float(evaluate_codes(graph, {"x": codes})[name], graph.info(name).type.frac)
        floats = keras.ops.convert_to_tensor(to_float(codes, kind.frac).astype(np.float32))
        try:
            theirs = case.apply(floats)
        except CANNOT_RUN:
            continue  # not even Keras
        theirs = np.asarray(QUANTIZED(theirs) if pending else theirs, np.float64)
        wrong = np.flatnonzero(ours != theirs)
        assert wrong.size == 0, (
            f"{case.name} of {kind} at {float(floats[wrong[0], 0])}: "
            f"{ours[wrong[0], 0]}, Keras {theirs[wrong[0], 0]} ({wrong.size} of {len(codes)} codes)"
        )
        compared += len(codes)
    return compared


def layer_cases(file: str, most: int = MOST) -> list[Case]:
    """Every setting of the layers of one file that work on one number."""
    cases: list[Case] = []
    for home in (keras.layers, qkeras):
        for name in dir(home):
            make = getattr(home, name)
            if not (inspect.isclass(make) and issubclass(make, keras.layers.Layer)):
                continue
            if snake_case(make.__name__) != file or name != make.__name__:
                continue
            for label, layer in made(make, most):
                if file in ("activation", "q_activation", "softmax"):  # named functions; mixes elements
                    continue
                handler = layer_folder.handler(layer, label)
                if handler.kind is LayerKind.MERGES:
                    continue
                try:
                    layer.build((None, 1))
                    layer(np.zeros((1, 1), np.float32))
                except (ValueError, TypeError, IndexError):
                    continue  # of images, or of another rank
                cases.append(Case(label, layer, lambda b, v, h=handler, x=layer: h.lower(x, b, (v,))))
    return cases


@pytest.mark.parametrize("file", layer_folder.names())
def test_layers(file):
    for case in layer_cases(file):
        compare(case)


@pytest.mark.slow
@pytest.mark.parametrize("file", layer_folder.names())
def test_many_settings_of_layers(file):
    for case in layer_cases(file, MANY):
        compare(case)


@pytest.mark.parametrize("file", quantizer_folder.names())
def test_quantizers(file):
    compare_quantizers(file, MOST)


@pytest.mark.slow
@pytest.mark.parametrize("file", quantizer_folder.names())
def test_many_settings_of_quantizers(file):
    compare_quantizers(file, MANY)


def compare_quantizers(file, most):
    make = getattr(qkeras, file)
    things = made(make, most)
    assert things, f"no setting makes a {file}"
    compared = sum(
        compare(Case(label, thing, lambda b, v, q=thing: lower_activation(q, b, v, "quantized")))
        for label, thing in things
    )
    assert compared > 0


FUNCTIONS = [
    (home.__name__, name)
    for home in (keras.activations, qkeras)
    for name in sorted({*ELEMENTWISE, "relu", "linear"})
    if callable(getattr(home, name, None))
]


@pytest.mark.parametrize(("home", "name"), FUNCTIONS, ids=lambda value: value.rsplit(".", 1)[-1])
def test_activations(home, name):
    function = getattr(keras.activations if home == keras.activations.__name__ else qkeras, name)
    assert compare(Case(name, function, lambda b, v: activate(function, b, v))) > 0


EXACT_ALONE = [
    *("relu", "relu6", "hard_tanh", "sparse_sigmoid", "hard_shrink", "soft_shrink"),
    *("binary_tanh", "binary_sigmoid", "smooth_tanh", "smooth_sigmoid"),
]


@pytest.mark.parametrize("name", EXACT_ALONE)
def test_pieces_need_no_quantizer(name):
    function = getattr(keras.activations, name, None) or getattr(qkeras, name)
    case = Case(name, function, lambda b, v: activate(function, b, v))
    for kind in INPUTS:
        _, pending, builder = result_of(case, kind)
        assert not pending
        assert builder.notes == []


def test_every_activation_of_keras_is_lowered_or_refused_with_a_remedy():
    """Also those that nobody thought of: what Keras' next version brings is met here."""
    refused = []
    for name in sorted(dir(keras.activations)):
        function = getattr(keras.activations, name)
        if not inspect.isfunction(function) or name in ("deserialize", "get", "serialize"):
            continue
        case = Case(name, function, lambda b, v, f=function: activate(f, b, v))
        try:
            result_of(case, INPUTS[0])
        except EdgemlError as error:
            if not error.hint:
                raise
            refused.append(name)
    assert refused == ["glu", "log_softmax", "sparsemax", "threshold"]


def test_the_threshold_itself_is_below():
    layer = keras.layers.ReLU(threshold=0.75)
    case = Case("relu", layer, lambda b, v: layer_folder.handler(layer, "x").lower(layer, b, (v,)))
    graph, _, _ = result_of(case, FixedType(True, 10, 7))
    codes = np.array([[95], [96], [97]])
    assert evaluate_codes(graph, {"x": codes})[graph.outputs[0]].ravel().tolist() == [0, 0, 97]


@pytest.mark.parametrize("name", ["binary_tanh", "binary_sigmoid"])
def test_a_step_is_known_of_a_value_finer_than_float32_sums(name):
    """Up to 2^-24, x/2 + 1/2 is 1/2 in float32; the first code above it is another one."""
    function = getattr(qkeras, name)
    case = Case(name, function, lambda b, v: activate(function, b, v))
    graph, pending, _ = result_of(case, FixedType(True, 12, 30))
    assert not pending
    codes = np.array([[-1], [0], [1], [64], [65], [66], [2000]])
    theirs = np.asarray(function(keras.ops.convert_to_tensor(np.ldexp(codes.astype(np.float32), -30))))
    ours = evaluate_codes(graph, {"x": codes})[graph.outputs[0]]
    assert ours.ravel().tolist() == theirs.ravel().tolist()
    assert len(set(theirs[:4].ravel())) == 1 and theirs[4, 0] == 1
