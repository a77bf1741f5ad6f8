"""Projects of hls4ml's own converter against Keras: the first layer that differs, and the cause."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from edgeml.diagnose.hls4ml.ap_type import ApType
from edgeml.diagnose.hls4ml.cause import LayerEvidence, explain_layer
from edgeml.diagnose.hls4ml.compare import ProjectComparison, carried_layers, compare_project
from edgeml.diagnose.hls4ml.opening import _samples, compare_with
from edgeml.diagnose.hls4ml.source import read_project
from edgeml.errors import EdgemlError
from tests.diagnose.foreign import convert
from tests.lint.nets import BITS, activation, dense, model_of

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

MANY = 400_000
"""Characters; a pattern that reads them over and over takes minutes."""

INPUT = ("quantized_bits(8, 1, alpha=1)", "q")


def samples() -> Any:
    """Values of ap_fixed<16,6> from -3 to 3."""
    drawn = np.random.default_rng(0).normal(size=(60, 4))
    return (np.round(drawn * 64) / 64).astype(np.float32)


def compared(folder: Path, *layers: Any, types: Any = None, x: Any = None) -> ProjectComparison:
    """The comparison of the project that hls4ml makes of layers."""
    pytest.importorskip("hls4ml")
    model = model_of(*layers)
    convert(model, folder, types)
    return compare_project(read_project(folder), model, samples() if x is None else x)


def image_model(last: Any) -> Any:
    """A convolution, a residual addition, a pooling and a dense layer behind a Flatten."""
    import keras
    from qkeras import QConv2D

    keras.utils.set_random_seed(1)
    x = keras.Input((4, 4, 2), name="x")
    q = activation(*INPUT)(x)
    conv = QConv2D(2, 3, padding="same", kernel_quantizer=BITS, bias_quantizer=BITS, name="conv")(q)
    both = keras.layers.Add(name="both")([conv, q])
    act = activation("quantized_relu(6, 2)", "act")(both)
    flat = keras.layers.Flatten(name="flat")(keras.layers.MaxPooling2D(2, name="pool")(act))
    return keras.Model(x, last(flat), name="net")


def image_compared(folder: Path, io_type: str, types: Any = None) -> ProjectComparison:
    pytest.importorskip("hls4ml")
    model = image_model(dense(3, "fc"))
    convert(model, folder, types, io_type)
    drawn = np.random.default_rng(0).normal(size=(20, 4, 4, 2))
    x = (np.round(drawn * 64) / 64).astype(np.float32)
    return compare_project(read_project(folder), model, x)


@pytest.mark.slow
def test_a_residual_network_of_streams_is_equal_in_every_layer(tmp_path: Path) -> None:
    result = image_compared(tmp_path, "io_stream")
    assert result.ok, (result.cause, result.first)
    assert [row.layer for row in result.layers] == ["input", "q", "conv", "both", "act", "pool", "fc"]
    assert [row.elements for row in result.layers] == [20 * n for n in (32, 32, 32, 32, 32, 8, 3)]
    assert result.left_out == ("flat",)


@pytest.mark.slow
@pytest.mark.parametrize("io_type", ["io_parallel", "io_stream"])
def test_an_accumulator_behind_a_flatten(tmp_path: Path, io_type: str) -> None:
    """The input of `fc` has another name in the project, or is a stream."""
    result = image_compared(tmp_path, io_type, {"fc": {"accum": "fixed<8,3>", "result": "fixed<18,7>"}})
    assert first_of(result) == "fc" and {row.layer for row in result.layers if row.differing} == {"fc"}
    assert result.cause.startswith("its accumulator fixed<8,3,TRN,WRAP>"), result.cause


@pytest.mark.slow
def test_a_stream_of_another_model_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("hls4ml")
    convert(image_model(dense(3, "fc")), tmp_path, None, "io_stream")
    other = model_of(activation(*INPUT), dense(3, "fc"), shape=(33,))
    with pytest.raises(EdgemlError, match="takes samples of another size than the model's 33"):
        compare_project(read_project(tmp_path), other, np.zeros((2, 33)))


def first_of(result: ProjectComparison) -> str:
    assert result.first is not None and result.first.first is not None
    first = result.first.first
    assert first.expected != first.got and not result.ok
    return result.first.layer


@pytest.mark.slow
def test_a_project_that_is_right_is_equal_in_every_layer(tmp_path: Path) -> None:
    result = compared(tmp_path, activation(*INPUT), dense(3, "fc"), activation("quantized_relu(6, 2)", "act"))
    assert result.ok and result.cause == "" and result.samples == 60
    assert [row.layer for row in result.layers] == ["input", "q", "fc", "act"]
    assert all(row.differing == 0 and row.elements for row in result.layers)


@pytest.mark.slow
def test_an_input_that_its_type_does_not_hold(tmp_path: Path) -> None:
    """A narrow accumulator behind it is named as well: each layer is tried on the numbers that it gets."""
    x = np.full((5, 4), 40.0, np.float32)
    layers = (activation("quantized_bits(8, 6, alpha=1)", "q"), dense(3, "fc"), dense(3, "end"))
    types = {"fc": {"accum": "fixed<8,3>", "result": "fixed<18,7>"}}
    result = compared(tmp_path, *layers, x=x, types=types)
    assert first_of(result) == "input"
    assert "fixed<16,6,TRN,WRAP>" in result.cause and "wraps 100.0% of the values" in result.cause
    own = {row.layer if row.layer == "input" else row.name: row.own for row in result.layers}
    assert own["input"] is None and own["q"] == 0 and own["end"] == 0 and own["fc"]
    causes = {row.layer: row.cause for row in result.layers if row.cause}
    assert causes.keys() == {"fc"} and causes["fc"].startswith("its accumulator fixed<8,3,TRN,WRAP>")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("quantizer", "kind"),
    [
        ("quantized_bits(4, 1, keep_negative=False, alpha=1)", "fixed<4,2,RND_CONV,SAT>"),
        ("quantized_bits(4, 3, alpha=1)", "fixed<4,4,TRN_ZERO,WRAP>"),
        ("quantized_bits(4, 1, symmetric=1, alpha=1)", "fixed<4,2,RND_CONV,SAT>"),
    ],
    ids=["keep_negative", "few_fraction_bits", "symmetric"],
)
def test_a_quantizer_that_hls4ml_types_wrongly(tmp_path: Path, quantizer: str, kind: str) -> None:
    result = compared(tmp_path, activation(quantizer, "act"), dense(3, "fc"))
    assert first_of(result) == "act"
    assert result.cause.startswith(f"its result type {kind}"), result.cause
    assert "Keras' quantizer is quantized_bits(4" in result.cause


@pytest.mark.slow
@pytest.mark.parametrize(
    ("types", "said"),
    [
        ({"result": "fixed<8,3>"}, "its result type fixed<8,3,TRN,WRAP>"),
        ({"accum": "fixed<8,3>", "result": "fixed<18,7>"}, "its accumulator fixed<8,3,TRN,WRAP>"),
    ],
    ids=["result", "accum"],
)
def test_a_type_that_is_too_narrow(tmp_path: Path, types: dict[str, str], said: str) -> None:
    result = compared(tmp_path, activation(*INPUT), dense(3, "fc"), types={"fc": types})
    assert first_of(result) == "fc"
    assert result.cause.startswith(said), result.cause


@pytest.mark.slow
def test_other_weights_are_named(tmp_path: Path) -> None:
    pytest.importorskip("hls4ml")
    model = model_of(activation(*INPUT), dense(3, "fc"))
    convert(model, tmp_path)
    weights = next((tmp_path / "firmware" / "weights").glob("w*.txt"))
    numbers = weights.read_text().split(",")
    weights.write_text(",".join(["0.96875", *numbers[1:]]))
    result = compare_project(read_project(tmp_path), model, samples())
    assert first_of(result) == "fc" and "of 12 numbers of the kernel are not Keras'" in result.cause


@pytest.mark.slow
def test_a_type_that_does_not_hold_the_weights(tmp_path: Path) -> None:
    pytest.importorskip("hls4ml")
    model = model_of(activation(*INPUT), dense(3, "fc"))
    convert(model, tmp_path)
    defines = tmp_path / "firmware" / "defines.h"
    defines.write_text(defines.read_text().replace("ap_fixed<6,1> weight3_t", "ap_fixed<3,1> weight3_t"))
    result = compare_project(read_project(tmp_path), model, samples())
    assert first_of(result) == "fc"
    assert result.cause.startswith("the kernel is put into fixed<3,1,TRN,WRAP>, which does not hold")


CPP = """#include "parameters.h"
void net(
    input_t x[4],
    result_t layer2_out[3]
) {
    // hls-fpga-machine-learning insert layers
    nnet::dense<input_t, result_t, config2>(x, layer2_out, w2, b2); // fc
}
"""
DEFINES = "typedef ap_fixed<16,6> input_t;\ntypedef ap_ufixed<6,2,AP_RND_CONV,AP_SAT,0> result_t;\n"
PARAMETERS = "struct config2 : nnet::dense_config {\n    typedef result_t accum_t;\n};\n"


def small_project(folder: Path, cpp: str = CPP, defines: str = DEFINES) -> Path:
    """The files that are read, as small as they can be."""
    firmware = folder / "firmware"
    firmware.mkdir(parents=True)
    for name, text in (("net.cpp", cpp), ("defines.h", defines), ("parameters.h", PARAMETERS)):
        (firmware / name).write_text(text)
    return folder


def test_the_entries_of_a_table_are_named_with_it(tmp_path: Path) -> None:
    small_project(tmp_path, CPP.replace("nnet::dense", "nnet::softmax").replace(", w2, b2", ""))
    parameters = tmp_path / "firmware" / "parameters.h"
    body = (
        "    static const unsigned exp_table_size = 64;\n    static const unsigned inv_table_size = 1024;\n"
    )
    parameters.write_text(PARAMETERS.replace("{\n", "{\n" + body, 1))
    project = read_project(tmp_path)
    ends = np.zeros((2, 3)), np.full((2, 3), 1 / 3), np.full((2, 3), 0.25)
    cause = explain_layer(LayerEvidence(project, project.layers[0], None, *ends))
    assert cause.startswith("softmax is computed by table (entries: 64, 1024; "), cause


def test_a_project_is_read(tmp_path: Path) -> None:
    project = read_project(small_project(tmp_path))
    (layer,) = project.layers
    assert (layer.name, layer.function, layer.source, layer.result) == ("fc", "dense", "x", "layer2_out")
    assert str(layer.type) == "ufixed<6,2,RND_CONV,SAT>" and layer.weights == ("w2", "b2")
    assert project.type_in(layer, "accum_t") == layer.type and project.type_in(layer, "table_t") is None
    traced = project.traced_text()
    assert 'edgeml_trace("fc", layer2_out, 3);' in traced and 'edgeml_trace("x", x, 4);' in traced


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ("    result_t layer2_out[3]", "    result_t layer2_out[3], result_t other[2]"),
            "3 inputs and outputs",
        ),
        (("nnet::dense", "other::dense"), "calls no layers"),
        (("layer2_out[3]", "layer3_out[3]"), "in a way that edgeml does not read"),
    ],
)
def test_a_project_that_cannot_be_read_is_refused(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    with pytest.raises(EdgemlError, match=said):
        read_project(small_project(tmp_path, CPP.replace(*change)))


@pytest.mark.parametrize(
    "text",
    [
        "\n" * MANY,
        "a" * MANY,
        " " * MANY,
        "nnet::a<" + ">(" * (MANY // 2),
        "a a[" * (MANY // 4),
        "struct a : nnet::b {\n" * (MANY // 20),
        "struct a : nnet::b {\n" + "typedef a " * (MANY // 10) + "\n};",
        "typedef ap_fixed<" * (MANY // 17),
    ],
    ids=lambda text: repr(text[:10]),
)
def test_a_file_that_was_made_to_be_slow(tmp_path: Path, text: str) -> None:
    folder = small_project(tmp_path, f"{CPP}{text}", f"{DEFINES}{text}")
    parameters = folder / "firmware" / "parameters.h"
    parameters.write_text(f"{PARAMETERS}{text}")
    start = time.process_time()
    assert read_project(folder).traced_text().count("edgeml_trace") == 2
    assert time.process_time() - start < 2


def test_data_of_another_shape_are_reshaped_or_refused() -> None:
    images, rows = _samples("digits", (8, 8, 1)), _samples("digits", (64,))
    np.testing.assert_array_equal(images.reshape(len(images), -1), rows)
    with pytest.raises(EdgemlError, match=r"takes samples of shape \(63,\), digits has .*--data|--data"):
        _samples("digits", (63,))


def test_other_folders_and_types_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EdgemlError, match="is no hls4ml project"):
        read_project(tmp_path)
    with pytest.raises(EdgemlError, match="defines no ap_fixed types"):
        read_project(small_project(tmp_path / "a", defines="typedef ac_fixed<16,6,true> input_t;"))
    with pytest.raises(EdgemlError, match="is no type that edgeml knows"):
        ApType.parse("ap_fixed<16,6,AP_SIDEWAYS>")
    with pytest.raises(EdgemlError, match="is no run folder|is not a run folder"):
        compare_with(tmp_path / "nosuch", small_project(tmp_path / "b"), None, 10, lambda _: None)


def test_the_cast_of_a_type_is_that_of_ap_fixed() -> None:
    values = [0.3125, -0.3125, 1.0, 2.0]
    assert ApType.parse("ap_fixed<4,1>").cast(values).tolist() == [0.25, -0.375, -1.0, 0.0]
    assert ApType.parse("ap_ufixed<4,1,AP_RND_CONV,AP_SAT>").cast(values).tolist() == [0.25, 0.0, 1.0, 1.875]
    kind = ApType.parse("ap_fixed<4,1>")
    assert (kind.share_beyond(values), kind.share_off_grid(values)) == (0.5, 0.5)


def test_layers_of_a_separable_convolution_are_told_apart():
    """The depthwise half has a result that Keras does not have; the other carries the layer's."""
    names = ("sep_depthwise", "sep_pointwise", "dense_relu", "dense_1")
    project: Any = SimpleNamespace(layers=[SimpleNamespace(name=name) for name in names])
    plain = SimpleNamespace(layer=SimpleNamespace(activation=None))
    calls: dict[str, Any] = dict.fromkeys(("sep", "dense", "dense_1"), plain)
    pairs = {"sep_pointwise": "sep", "dense_relu": "dense", "dense_1": "dense_1"}
    assert carried_layers(project, calls) == pairs
