"""A sigmoid or softmax at the end: logits with a note that is seen, or a table of a stated type."""

from __future__ import annotations

import numpy as np
import pytest

import edgeml
from edgeml import EdgemlError
from edgeml.backends.onnx.emulator import Emulator
from edgeml.fixed import FixedType, Overflow, Round, quantize, to_float
from edgeml.keras.backend import import_keras, import_qkeras
from edgeml.keras.runner import keras_codes
from tests.keras.exactness import corner_data, randomize

keras, qkeras = import_keras(), import_qkeras()
layers = keras.layers


def bits(width=6, integer=0):
    return qkeras.quantized_bits(width, integer, alpha=1.0)


def model(*tail, units=3, width=6, shape=(5,)):
    built = keras.Sequential(
        [
            keras.Input(shape, name="x"),
            qkeras.QActivation(bits(width, 2), name="q"),
            qkeras.QDense(units, name="fc", kernel_quantizer=bits(width), bias_quantizer=bits()),
            *tail,
        ]
    )
    randomize(built)
    return built


def sigmoid(name="p"):
    return layers.Activation("sigmoid", name=name)


def logits_of(built):
    return keras.Model(built.inputs[0], built.get_layer("fc").output)


class TestLogits:
    @pytest.mark.parametrize("end", ["sigmoid", "softmax"])
    def test_the_note_is_seen_from_python(self, end):
        built = model(layers.Activation(end, name="p"))
        graph = edgeml.lower(built, strict=True)
        (note,) = graph.notes
        assert (note.layer, note.exact) == ("p", True)
        assert f"logits before {end}" in note.text
        assert f"note: p: {note.text}" in repr(graph)
        assert note.text in graph._repr_html_()
        result = edgeml.check(graph, corner_data((5,)), backends=("evaluate",))
        assert result.notes == (str(note),)
        assert np.array_equal(edgeml.evaluate(graph, corner_data((5,))), logits_of(built)(corner_data((5,))))

    def test_a_model_without_has_none(self):
        assert edgeml.lower(model()).notes == ()

    def test_notes_are_saved(self, tmp_path):
        from edgeml.ir import saved

        graph = edgeml.lower(model(sigmoid()))
        saved.save(graph).write(tmp_path)
        again = saved.load(tmp_path)
        assert again == graph
        assert again.notes == graph.notes


class TestProbabilities:
    @pytest.mark.parametrize("units", [1, 3])
    def test_sigmoid(self, units):
        built, x = model(sigmoid(), units=units), corner_data((5,), 200)
        graph = edgeml.lower(built, outputs="probabilities")
        assert graph.outputs == ("p",)
        assert graph.info("p").type == FixedType(False, 9, 8)
        ours, theirs = edgeml.evaluate(graph, x), np.asarray(built(x))
        assert np.abs(ours - theirs).max() <= bound_of(graph)
        assert np.array_equal(Emulator(graph).predict(x), ours)
        assert np.ptp(ours) > 0.5

    @pytest.mark.parametrize("kind", ["ufixed<8,0>", "fixed<12,2>", "ufixed<16,1>"])
    def test_a_stated_type_is_keras_rounded_to_it(self, kind):
        built, x = model(sigmoid(), width=3), corner_data((5,), 100)
        graph = edgeml.lower(built, outputs=kind)
        form = FixedType.parse(kind)
        assert graph.info("fc").scalar.width <= 12
        assert np.array_equal(edgeml.evaluate(graph, x), rounded(built(x), form))
        assert edgeml.lower(built, outputs=form) == graph

    def test_wide_logits_stay_within_the_noted_bound(self):
        built, x = model(sigmoid(), width=14), corner_data((5,), 400)
        graph = edgeml.lower(built, outputs="ufixed<10,0>")
        assert graph.info("fc").scalar.width > 16
        apart = np.abs(edgeml.evaluate(graph, x) - np.asarray(built(x)))
        assert apart.max() <= max(bound_of(graph), 2**-10)  # 1 - 2^-10 is the largest value of the type

    @pytest.mark.parametrize("kind", ["ufixed<8,0>", "ufixed<11,1>", "fixed<6,2>"])
    def test_softmax_of_a_stated_type(self, kind):
        built, x = model(layers.Softmax(name="p")), corner_data((5,), 200)
        graph = edgeml.lower(built, outputs=kind)
        form = FixedType.parse(kind)
        assert str(graph.info("p").scalar) == kind
        apart = np.abs(edgeml.evaluate(graph, x) - np.asarray(built(x)))
        assert apart.max() <= 2 * form.lsb
        assert np.array_equal(Emulator(graph).predict(x), edgeml.evaluate(graph, x))

    def test_softmax_moved_behind_itself(self):
        built, x = model(layers.Softmax(name="p"), layers.Reshape((3, 1), name="r")), corner_data((5,), 50)
        ours = edgeml.evaluate(edgeml.lower(built, outputs="ufixed<9,1>"), x)
        assert ours.shape == (50, 3, 1)
        assert np.abs(ours - np.asarray(built(x))).max() < 0.01

    def test_inline(self):
        built = keras.Sequential(
            [
                keras.Input((5,), name="x"),
                qkeras.QActivation(bits(6, 2), name="q"),
                qkeras.QDense(
                    1, name="fc", kernel_quantizer=bits(), bias_quantizer=bits(), activation="sigmoid"
                ),
            ]
        )
        randomize(built)
        x = corner_data((5,), 50)
        graph = edgeml.lower(built, outputs="probabilities")
        assert graph.outputs == ("fc",)
        assert np.abs(edgeml.evaluate(graph, x) - np.asarray(built(x))).max() < 0.003

    def test_any_activation_at_the_end_of_a_stated_type(self):
        built, x = model(layers.Activation("tanh", name="t"), width=4), corner_data((5,), 50)
        with pytest.raises(
            EdgemlError, match="the model's output is the unquantized result of 't'"
        ) as caught:
            edgeml.lower(built)
        assert "--set lowering.outputs='fixed<8,0>'" in caught.value.hint
        form = FixedType(True, 8, 7)
        assert np.array_equal(edgeml.evaluate(edgeml.lower(built, outputs=form), x), rounded(built(x), form))

    def test_strict_refuses_what_rounds_and_its_remedy_works(self):
        built = model(sigmoid())
        with pytest.raises(EdgemlError, match=r"p: the model's output cannot be exact.*outputs='logits'"):
            edgeml.lower(built, strict=True, outputs="probabilities")
        edgeml.lower(built, strict=True, outputs="logits")

    def test_keras_runs_beside_it(self):
        """The runner finds the same output, whose floats are on no grid."""
        built, x = model(sigmoid(), width=3), corner_data((5,), 10)
        graph = edgeml.lower(built, outputs="ufixed<8,0>")
        with pytest.raises(EdgemlError, match="no multiple of 2"):
            keras_codes(built, graph, x)
        logits = edgeml.lower(built)
        assert np.array_equal(keras_codes(built, logits, x)["fc"], edgeml.evaluate(logits, x, raw=True))

    @pytest.mark.parametrize(
        ("outputs", "says"),
        [
            ("sigmoid", "write logits, probabilities or a type"),
            ("ufixed<30,0>", "state at most 24 bits"),
            ("ufixed<8,8>", None),
        ],
    )
    def test_refused(self, outputs, says):
        built = model(sigmoid(), width=3)
        if says is None:
            assert set(np.unique(edgeml.evaluate(edgeml.lower(built, outputs=outputs), np.ones((1, 5))))) <= {
                0,
                1,
            }
            return
        with pytest.raises(EdgemlError, match=says):
            edgeml.lower(built, outputs=outputs)


def rounded(floats, form):
    codes = quantize(np.asarray(floats), form, Round.RND_CONV, Overflow.SAT)
    return to_float(codes, form.frac)


def bound_of(graph):
    """The bound that the note states."""
    return max(float(note.text.rsplit("at most ", 1)[1].split(";")[0]) for note in graph.notes) * 1.05


class TestFactorBits:
    def normalized(self):
        return model(layers.BatchNormalization(name="bn"), qkeras.QActivation(bits(8, 3), name="act"))

    @pytest.mark.parametrize("width", [4, 8, 12, 17, 20, 24])
    def test_globally(self, width):
        built = self.normalized()
        graph = edgeml.lower(built, factor_bits=width)
        codes = np.abs(graph.constant("bn.factor.factor")) if "bn.factor.factor" in graph.infos else [0]
        assert max(int(code).bit_length() for code in np.ravel(codes)) <= width
        x = corner_data((5,), 300)
        apart = np.abs(edgeml.evaluate(graph, x) - np.asarray(built(x)))
        assert apart.max() <= 8 * 2.0**-width * 8 + 2**-4

    def test_by_layer(self):
        built = self.normalized()
        assert edgeml.lower(built, factor_bits={"bn": 9}) == edgeml.lower(built, factor_bits=9)
        assert edgeml.lower(built, factor_bits={"default": 9}) == edgeml.lower(built, factor_bits=9)
        assert edgeml.lower(built, factor_bits={"fc": 9}) == edgeml.lower(built)
        assert "9 significant bits" in edgeml.lower(built, factor_bits=9).notes[0].text

    @pytest.mark.parametrize(
        ("value", "says"),
        [
            (1, "factor_bits"),
            (25, "factor_bits"),
            ({"bm": 9}, "unknown layer 'bm'.*did you mean bn"),
            (2.5, "factor_bits"),
        ],
    )
    def test_refused(self, value, says):
        with pytest.raises(EdgemlError, match=says):
            edgeml.lower(self.normalized(), factor_bits=value)
