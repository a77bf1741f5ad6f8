"""A model whose lowering is not exact: noted, measured, shown by the check, refused when strict."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edgeml import pipeline, presets
from edgeml.checks.result import Check
from edgeml.errors import EdgemlError
from edgeml.ir import evaluate
from edgeml.keras.backend import import_keras, import_qkeras
from edgeml.keras.difference import measure
from edgeml.keras.lower import lower_model
from edgeml.keras.notes import Notes
from edgeml.keras.run import lower_run
from edgeml.presets import Lowering
from edgeml.report.sections.exactness.view import verdict
from edgeml.runs import Run
from edgeml.training.train import train
from tests.keras.exactness import corner_data, randomize
from tests.report.samples import sample_facts

keras, qkeras = import_keras(), import_qkeras()
layers = keras.layers
QActivation = qkeras.QActivation


def bits(width=6, integer=0):
    return qkeras.quantized_bits(width, integer, alpha=1.0)


def normalized(*tail, width=6):
    dense = qkeras.QDense(5, name="fc", kernel_quantizer=bits(width), bias_quantizer=bits(width))
    model = keras.Sequential(
        [
            keras.Input((8,), name="x"),
            QActivation(bits(width, 2), name="q"),
            dense,
            layers.BatchNormalization(name="bn"),
            *tail,
        ]
    )
    randomize(model)
    return model


class TestMeasure:
    def test_counts_what_numpy_counts(self):
        model, x = normalized(QActivation(bits(5, 3), name="act")), corner_data((8,), 600)
        lowered = lower_model(model)
        rows = {row.layer: row for row in measure(model, lowered, x)}
        assert list(rows) == ["bn", "act"]  # the layers before bn are equal
        theirs = np.asarray(model(x), np.float64)
        apart = np.abs(evaluate(lowered.graph, x) - theirs)
        assert (rows["act"].samples, rows["act"].elements) == (600, 3000)
        assert rows["act"].differing == np.count_nonzero(apart)
        assert rows["act"].max_lsb == np.max(apart) / 0.5
        assert 0 < rows["bn"].differing <= 3000
        assert 0 < rows["bn"].max_abs < 1e-2

    def test_an_exact_model_has_only_its_outputs(self):
        model = keras.Sequential(
            [
                keras.Input((4,), name="x"),
                QActivation(bits(6, 2), name="q"),
                qkeras.QDense(3, name="fc", kernel_quantizer=bits(), bias_quantizer=bits()),
            ]
        )
        randomize(model)
        (row,) = measure(model, lower_model(model), {"x": corner_data((4,), 30)})
        assert (row.layer, row.samples, row.differing, row.max_lsb) == ("fc", 30, 0, 0.0)

    def test_several_inputs(self):
        sources = [keras.Input((3,), name=f"x{i}") for i in range(3)]
        values = [QActivation(bits(13, 6), name=f"q{i}")(s) for i, s in enumerate(sources)]
        model = keras.Model(sources, layers.Average(name="mean")(values))
        x = [corner_data((3,), 20, seed=i) for i in range(3)]
        (row,) = measure(model, lower_model(model), x)
        assert row.layer == "mean"
        assert row.differing > 0


PRESET = '''"""A preset whose batch normalization cannot be exact."""

from __future__ import annotations

from edgeml.presets import Bits, DataSpec, Preset, Quantizers, Targets, Training


def build(q):
    import keras
    from qkeras import QActivation, QDense

    x = inputs = keras.Input((4,), name="measures")
    x = QActivation(q.input(), name="quantize")(x)
    x = QDense(8, kernel_quantizer=q.kernel("fc1"), bias_quantizer=q.bias("fc1"), name="fc1")(x)
    x = keras.layers.BatchNormalization(name="bn")(x)
    END
    return keras.Model(inputs, x)


PRESET = Preset(
    summary="normalized",
    build=build,
    data=DataSpec(dataset="iris", scaling="standard"),
    quantizers=Quantizers(
        inputs=Bits(bits=8, integer=2), weights=Bits(bits=6, integer=1), biases=Bits(bits=6, integer=1),
        activations=Bits(bits=6, integer=3, signed=False),
    ),
    training=Training(
        float_epochs=1, epochs=1, batch_size=16, float_learning_rate=2e-2, learning_rate=1e-2,
    ),
    targets=Targets(),
)
'''

ACTIVATED = """x = QActivation(q.relu("act1"), name="act1")(x)
    x = QDense(3, kernel_quantizer=q.kernel("logits"), bias_quantizer=q.bias("logits"), name="logits")(x)"""


def preset_file(folder, end, units=8):
    folder.mkdir()
    path = folder / "normalized.py"
    path.write_text(PRESET.replace("END", end).replace("QDense(8", f"QDense({units}"))
    return presets.load(path)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("notes")
    run = train(preset_file(folder / "preset", ACTIVATED), folder / "run")
    pipeline.lower(run)
    return run


def verdict_of(run):
    return verdict(sample_facts().model_copy(update={"exactness": Check.read(run.check_file)})).status


class TestRun:
    def test_notes_and_differences_are_written(self, trained):
        notes = Notes.read(trained.notes_file)
        assert not notes.exact
        assert {note.layer for note in notes.notes if not note.exact} == {"bn"}
        assert notes.differences[0].layer == "bn"
        assert notes.differences[-1].layer == "logits"
        assert notes.differences[-1].samples == len(trained.data().x_test)
        assert notes.graph == trained.graph().digest
        assert Notes.model_validate_json(notes.to_json()) == notes

    def test_strict_refuses_the_graph_that_is_there(self, trained):
        with pytest.raises(EdgemlError, match="bn: cannot be exact"):
            lower_run(trained, strict=True)
        assert lower_run(trained) == trained.graph()

    def test_strict_refuses_before_training(self, tmp_path):
        preset = preset_file(tmp_path / "preset", ACTIVATED)
        with pytest.raises(EdgemlError, match="bn: cannot be exact"):
            train(preset, tmp_path / "run", strict=True)
        assert not (tmp_path / "run" / "float.keras").exists()

    def test_the_row_of_the_check_counts_and_names_the_note(self, trained):
        (row,) = pipeline.check(trained, ["keras"]).results
        measured = Notes.read(trained.notes_file).differences[-1]
        assert row.mismatches == measured.differing
        assert row.status == ("mismatch" if measured.differing else "exact")
        if measured.differing:
            assert "expected: bn: " in row.announced
        assert Check.read(trained.check_file).results == (row,)

    def test_floats_off_the_grid_are_mismatches(self, tmp_path):
        """The model ends in its normalization: nearly every float of Keras is no integer of the output."""
        preset = replace(preset_file(tmp_path / "preset", "", units=3), lowering=Lowering(factor_bits=8))
        run = train(preset, tmp_path / "run")
        graph = pipeline.lower(run)
        found = pipeline.check(run, ["keras"])
        (row,) = found.results
        assert row.status == "mismatch" and row.state == "announced" and found.ok
        assert row.mismatches > 0
        assert row.max_abs_lsb > 0
        assert "no multiple of 2^-" in row.reason
        assert "expected: bn: a factor" in row.announced
        assert graph.outputs == ("bn",)
        assert verdict_of(run) == "unknown"  # nothing was found to be equal
        # What is not about this model, or is damaged, announces nothing.
        whole = run.notes_file.read_text()
        notes = Notes.read(run.notes_file)
        for text in (
            notes.model_copy(update={"model": "0" * 64}).to_json(),
            notes.model_copy(update={"model": ""}).to_json(),
            notes.model_copy(update={"graph": "0" * 64}).to_json(),
            notes.model_copy(update={"notes": ()}).to_json() if not notes.float32 else whole[:50],
            whole[:50],
        ):
            run.notes_file.write_text(text)
            found = pipeline.check(run, ["keras"])
            assert not found.ok and found["keras"].announced == "" and found["keras"].mismatches > 0
        run.notes_file.write_text(whole)
        run.model_file.write_bytes(run.model_file.read_bytes() + bytes(1))  # still a zip of the same model
        assert not pipeline.check(run, ["keras"]).ok

    def test_damaged_notes(self, trained, tmp_path):
        path = tmp_path / "notes.json"
        text = trained.notes_file.read_text()
        for content in (text[: len(text) // 2], text.replace('"schema": 1', '"schema": 2'), "[]"):
            path.write_text(content)
            with pytest.raises(EdgemlError, match="notes of a lowering|schema 2"):
                Notes.read(path)
        with pytest.raises(EdgemlError, match="there is no such file of notes"):
            Notes.read(tmp_path / "none.json")

    def test_a_graph_without_notes_gets_them(self, trained):
        before = trained.notes_file.read_text()
        trained.notes_file.unlink()
        graph = lower_run(Run.open(trained.folder))
        assert graph == trained.graph()
        assert trained.notes_file.read_text() == before


def test_reasons():
    model = normalized(QActivation(bits(5, 3), name="act"))
    lowered = lower_model(model)
    notes = Notes.of(model, lowered, corner_data((8,)))
    assert notes.reason.startswith("expected: bn: a factor has up to 24 significant bits")
    wide = keras.Sequential(
        [
            keras.Input((64,), name="x"),
            QActivation(bits(16, 2), name="q"),
            qkeras.QDense(5, name="fc", kernel_quantizer=bits(16), use_bias=False),
        ]
    )
    randomize(wide)
    notes = Notes.of(wide, lower_model(wide), corner_data((64,)))
    assert not notes.exact
    assert notes.reason == "possible: float32 cannot be proven to hold the sums of fc"
    notes.refuse_inexact("run")  # a limit of Keras, not of the lowering
