"""The contract of every file in models/: it builds, fits its data, lowers, is exact with random weights."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml import boards, datasets, presets
from edgeml.datasets import Scaling
from edgeml.fixed import to_float
from edgeml.ir.evaluate import evaluate_codes, input_codes
from edgeml.keras.float_model import OWN_STATE, float_model
from edgeml.keras.lower import lower
from edgeml.keras.runner import keras_codes
from edgeml.training.build import build_model

SAMPLES = 8


@pytest.fixture(scope="module", params=presets.names())
def preset(request):
    return presets.load(request.param)


@pytest.fixture(scope="module")
def model(preset):
    """The preset's model; tests may change its weights and nothing else."""
    return build_model(preset)


def largest(preset):
    """The largest stored value: 255 of bytes that are divided by 256, 4095 of an ADC, 16 of the digits."""
    constant = int(preset.data.constant)
    return constant if constant < 256 else constant - 1


def scaled(preset, rng):
    """Samples in the range of the stored data, as the model would see them."""
    info, spec = datasets.info(preset.data.dataset), preset.data
    if spec.scaling == "unit":
        x = rng.integers(0, largest(preset) + 1, (SAMPLES, *info.shape)).astype(np.float32)
        x = Scaling.fit("unit", x, spec.constant).apply(x)
    else:
        x = rng.normal(0, 2, (SAMPLES, *info.shape)).astype(np.float32)
    return x.reshape(SAMPLES, -1) if spec.flatten else x


def test_it_is_described(preset, model):
    info = datasets.info(preset.data.dataset)
    assert preset.summary
    assert preset.targets.board in boards.names()
    flat = (int(np.prod(info.shape)),)
    assert model.input_shape[1:] == (flat if preset.data.flatten else info.shape)
    classes = 1 if len(info.classes) == 2 else len(info.classes)
    outputs = flat[0] if preset.data.task == "autoencoder" else len(info.targets) or classes
    assert model.output_shape[1:] == (outputs,)
    assert model.name == preset.name


def test_names_of_layers_do_not_depend_on_what_was_built_before(preset, model):
    assert [layer.name for layer in build_model(preset).layers] == [layer.name for layer in model.layers]


def test_stored_pixels_are_the_codes_of_the_input(preset, model):
    if preset.data.scaling != "unit":
        assert preset.quantizers.inputs.signed
        return
    highest = largest(preset)
    pixels = np.arange(highest + 1, dtype=np.float32)
    shape = model.input_shape[1:]
    x = np.resize(pixels, (4, *shape))
    graph = lower(model)
    codes = input_codes(graph, x / preset.data.constant)[graph.inputs[0]]
    np.testing.assert_array_equal(codes, x.astype(np.int64))


@pytest.mark.parametrize("end", ["least", "most"])
def test_sizes_at_the_ends_of_their_bounds_are_built(preset, model, end):
    """And each of them changes the model."""
    sizes = {name: getattr(size, end) for name, size in preset.sizes.items()}
    if not sizes:
        return
    own = model.count_params()
    ends = build_model(preset, presets.choose(preset, [f"model.sizes.{k}={v}" for k, v in sizes.items()]))
    assert own != ends.count_params()
    for name, size in sizes.items() if len(sizes) > 1 else ():  # one alone is built above
        one = build_model(preset, presets.choose(preset, [f"model.sizes.{name}={size}"]))
        assert size == preset.sizes[name].default or one.count_params() != own


@pytest.mark.parametrize("seed", [0, 1])
def test_it_lowers_and_is_exact_with_random_weights(preset, model, seed):
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        bits = weight.name in OWN_STATE  # of learned widths
        weight.assign(rng.uniform(0, 4, weight.shape) if bits else rng.normal(0, 0.5, weight.shape))
    graph, x = lower(model), scaled(preset, rng)
    codes = keras_codes(model, graph, x)
    expected = evaluate_codes(graph, input_codes(graph, x))
    for name in graph.outputs:
        np.testing.assert_array_equal(codes[name], expected[name])
        assert len(np.unique(expected[name])) > 1


def named(model):
    """Weights by layer and name; between the two a path has the cell of a recurrent layer."""
    return [(weight.path.split("/")[0], weight.name) for weight in model.weights]


def test_the_float_counterpart_has_the_same_topology_and_no_quantizer(model):
    counterpart = float_model(model)
    assert [layer.name for layer in counterpart.layers] == [layer.name for layer in model.layers]
    assert named(counterpart) == [name for name in named(model) if name[1] not in OWN_STATE]
    assert not [layer for layer in counterpart.layers if "qkeras" in type(layer).__module__]
    assert "quantized_" not in str(counterpart.get_config())


@pytest.mark.parametrize(
    ("kernels", "values"), [("power_of_two", {0.125, 0.25, 0.5, 1.0, 2.0}), ("ternary", {0.0, 1.0})]
)
def test_weights_that_are_powers_of_two_or_ternary(kernels: str, values: set[float]) -> None:
    """Exact, and no others than were asked for; a layer may keep its own form."""
    preset = presets.load("iris_mlp")
    options = [f"quantizers.kernels={kernels}", "quantizers.layers.logits.kernels=fixed"]
    graph = lower(build_model(preset, presets.choose(preset, options)), strict=True)
    constants = {name: graph.info(name) for name in ("fc1.weight", "logits.weight")}
    first, last = (np.abs(to_float(info.lo, info.type.frac)) for info in constants.values())
    sizes = first / first.max(axis=0) if kernels == "ternary" else first
    assert {float(size) for size in sizes.ravel() if size > 0.1} <= values
    assert len(np.unique(last)) > 4
