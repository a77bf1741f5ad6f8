"""Networks built as public ONNX files are: equal to their executor, or refused with a remedy that works."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeml import importers
from edgeml.backends.qdq.runner import PRECISE
from edgeml.errors import EdgemlError
from edgeml.fixed import to_float
from edgeml.importers import outcome
from edgeml.ir import evaluate_codes, input_codes
from edgeml.presets import Lowering
from tests.importers.look_alikes import integers, unusual, zoo

STATED = {"tfc_w1a1": "ufixed<8,0>", "tfc_w1a2": "ufixed<8,0>", "tfc_w2a2": "ufixed<8,8>"}
STATED |= {"cybersecurity": "fixed<2,2>"}
"""Types of data in front of a quantizer that they cannot be rounded in directly."""


def read(content: bytes, input_type: str | None = None):
    options = importers.ImportOptions("net", Lowering(input_type=input_type))
    return importers.read(importers.SourceFile(Path("x.onnx"), content), options)


def compared(imported, samples: int = 3) -> None:
    """Every value equals the executor's; or the source's in float64, in a layer announced as rounded.

    An end in floats that no quantizer takes up is announced as rounded to 24 bits, and held to that.
    """
    graph, rng = imported.graph, np.random.default_rng(0)
    x = {}
    for port in graph.inputs:
        info = graph.info(port)
        x[port] = to_float(rng.integers(info.lo, info.hi + 1, (samples, *info.shape)), info.type.frac)
    keep = imported.model.values
    ours = {
        name: to_float(codes, graph.info(name).type.frac)
        for name, codes in evaluate_codes(graph, input_codes(graph, x), keep).items()
    }
    theirs = imported.model.run(x, keep)
    first = next((name for name in keep if not np.array_equal(ours[name], theirs[name])), None)
    if first is None:
        return
    notes = [note for note in graph.notes if not note.exact]
    assert first.split(".")[0] in {note.layer for note in notes}
    double = imported.model.run_double(x, keep)
    ends = {note.layer for note in notes if "rounded to 24 bits" in note.text}
    for name in keep:
        if name.split(".")[0] in ends and name in graph.outputs:
            np.testing.assert_allclose(
                ours[name], double[name], rtol=0, atol=2**-20 * np.abs(double[name]).max()
            )
        else:
            np.testing.assert_array_equal(ours[name], double[name], err_msg=name)


@pytest.mark.parametrize("name", zoo.NETWORKS)
def test_a_network_like_those_of_the_qonnx_zoo(name):
    pytest.importorskip("qonnx", reason="the qonnx package is not installed")
    content = zoo.NETWORKS[name]()
    if name in STATED:
        with pytest.raises(EdgemlError, match=r"the input 'x' is (moved|quantized)") as refusal:
            read(content)
        assert "--input-type" in refusal.value.hint
    compared(read(content, STATED.get(name)))


@pytest.mark.parametrize("name", integers.NETWORKS)
def test_a_network_like_those_of_onnxruntime_and_pytorch(name):
    compared(read(integers.NETWORKS[name]()))


@pytest.mark.parametrize("floats", [False, True])
def test_a_softmax_of_codes_at_the_end_is_left_off(floats):
    """Applied again to what the graph gives, it is within one code of ONNX Runtime's."""
    import onnxruntime

    content = integers.softmax_of_codes(floats)
    imported = read(content)
    compared(imported)
    (meaning,) = imported.outputs
    assert (meaning.function, meaning.scale) == ("softmax", float(np.float32(0.04)))
    assert meaning.offset == -120 * meaning.scale
    x = np.random.default_rng(1).uniform(-1, 1, (20, 6)).astype(np.float32)
    (port,) = imported.inputs
    codes = np.clip(np.rint(x / port.scale) + port.zero_point, 0, 255)
    ours = outcome.real_values(imported.model.run({port.name: codes})[meaning.name], meaning)
    double = imported.model.run_double({port.name: codes[:3]})
    assert double is not None
    assert np.array_equal(double[meaning.name], imported.model.run({port.name: codes[:3]})[meaning.name])
    options = onnxruntime.SessionOptions()
    for key, value in PRECISE.items():  # the same on every processor
        options.add_session_config_entry(key, value)
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    theirs = np.concatenate([session.run(None, {"x": row[np.newaxis]}) for row in x], axis=1)[0]
    assert np.abs(ours - (theirs if floats else theirs / 256)).max() <= 1 / 256
    assert len(set(ours.argmax(axis=1))) > 1


def test_a_softmax_of_codes_within_a_model_is_refused():
    with pytest.raises(EdgemlError, match="a softmax in the midst of a model"):
        read(integers.softmax_of_codes(True, midst=True))


def test_integers_of_the_input_state_its_type():
    graph = read(integers.integer_input()).graph
    (port,) = graph.inputs
    assert str(graph.info(port).type) == "ufixed<8,8>"
    with pytest.raises(EdgemlError, match="is of integers, the type ufixed<8,0> has fractions"):
        read(integers.integer_input(), "ufixed<8,0>")


def test_a_quantizer_to_four_bits_is_refused_not_widened():
    with pytest.raises(EdgemlError, match="integers of 4 bits") as refusal:
        read(integers.narrow_quantizer())
    assert refusal.value.where == "x.onnx: QuantizeLinear_0"


def test_a_function_at_the_end_that_no_figure_applies_again_is_refused():
    with pytest.raises(EdgemlError, match="ends with the unquantized result of hard swish") as refusal:
        read(integers.hard_end(quantized=False))
    assert refusal.value.hint.startswith("quantize its output")
    compared(read(integers.hard_end(quantized=True)))


def test_a_quantized_softmax_at_the_end_is_left_off_and_in_the_midst_refused():
    imported = read(integers.probabilities())
    assert [meaning.function for meaning in imported.outputs] == ["softmax"]
    assert any("quantizer behind this function" in note.text for note in imported.graph.notes)
    compared(imported)
    with pytest.raises(EdgemlError) as refusal:
        read(integers.probabilities(used=True))
    assert "a softmax in the midst" in refusal.value.what


@pytest.mark.parametrize("name", unusual.NETWORKS)
def test_unusual_forms(name):
    compared(read(unusual.NETWORKS[name]()))


def test_a_curve_times_numbers_per_element_is_refused_by_its_name():
    with pytest.raises(EdgemlError, match="sigmoid is multiplied by numbers per element") as refusal:
        read(unusual.gate_of_channels())
    assert refusal.value.hint == "quantize the result of sigmoid"


def test_a_log_softmax_at_the_end_is_left_off_and_applied_again():
    imported = read(unusual.log_probabilities())
    (meaning,) = imported.outputs
    assert meaning.function == "log_softmax"
    compared(imported)
    (name,) = imported.graph.inputs
    x = np.random.default_rng(1).integers(-20, 20, (9, 6)) * 0.25
    ours = outcome.real_values(imported.model.run({name: x})[meaning.name], meaning)
    logits = imported.model.run({name: x})[meaning.name]
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    np.testing.assert_allclose(ours, np.log(shifted / shifted.sum(axis=1, keepdims=True)), atol=1e-12)


def test_an_input_without_features_is_refused():
    with pytest.raises(EdgemlError, match="no axis beside that of the samples") as refusal:
        read(unusual.without_features())
    assert "(1, 1)" in refusal.value.hint


def test_a_fault_of_the_executor_is_an_error_that_names_it():
    imported = read(unusual.unlike_strides())
    with pytest.raises(EdgemlError, match="qonnx, float32 cannot run it: Required attribute strides"):
        compared(imported)


def test_weights_of_one_sum_with_unlike_scales_are_refused():
    with pytest.raises(EdgemlError, match="the weights of one sum have scales") as refusal:
        read(unusual.weights_of_unlike_scales())
    assert "per output channel" in refusal.value.hint


@pytest.mark.parametrize("op", ["ConvInteger", "MatMulInteger"])
def test_dynamic_quantization_names_the_static_kind(op):
    with pytest.raises(EdgemlError, match="DynamicQuantizeLinear is not read") as refusal:
        read(integers.dynamic(op))
    assert "edgeml quantize" in refusal.value.hint


def test_codes_of_16_bits_behind_powers_of_two():
    with pytest.raises(EdgemlError, match="a quantizer of 65536 codes behind factors") as refusal:
        read(integers.sixteen_bits(0.0321))
    assert "scales that are all powers of two" in refusal.value.hint
    imported = read(integers.sixteen_bits(2.0**-5))
    assert [imported.graph.info(name).scalar.width for name in imported.graph.inputs] == [16]
    compared(imported)


@pytest.mark.parametrize("quantized", [False, True])
@pytest.mark.parametrize("op", ["ConvInteger", "MatMulInteger"])
def test_integer_products_behind_constant_scales(op, quantized):
    compared(read(integers.static_integers(op, quantized)))


def test_the_types_of_a_remedy_are_what_it_says():
    from edgeml.fixed import FixedType
    from edgeml.importers.affine.value import STATE_INPUT_TYPE

    pixels, unit, _ = (FixedType.parse(text) for text in STATE_INPUT_TYPE.split("'")[1::2])
    assert (pixels.hi * 2.0**-pixels.frac, pixels.frac) == (255, 0)
    assert unit.hi * 2.0**-unit.frac == 255 / 256


@pytest.mark.parametrize("function", ["Sigmoid", "Tanh", "Softmax"])
@pytest.mark.parametrize(
    ("move", "flags"),
    [
        (("MaxPool",), {"kernel_shape": [2, 2]}),
        (("GlobalMaxPool",), {}),
        (("Slice", "0", "1", "1"), {}),
        (("Tile", "1 2 1 1"), {}),
        (("Transpose",), {"perm": [0, 2, 3, 1]}),
    ],
)
def test_a_function_that_is_left_off_has_no_elements_moved_behind_it(function, move, flags):
    with pytest.raises(EdgemlError, match="what follows it moves, chooses or copies elements") as refusal:
        read(unusual.behind_the_end(function, *move, **flags))
    assert "be the last layer" in refusal.value.hint


def test_a_function_that_is_left_off_may_be_flattened():
    compared(read(unusual.behind_the_end("Softmax", "Flatten")))
