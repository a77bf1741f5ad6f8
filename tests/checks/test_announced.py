"""The bound of an announced difference: what float32 rounds stays within it, a planted error does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgeml.checks import golden as vectors
from edgeml.checks.announced import Framework, judged
from edgeml.checks.keras import check_keras
from edgeml.checks.result import Result
from edgeml.fixed import to_float
from edgeml.ir import Graph, Node, evaluate_codes
from edgeml.ir.ops.const import Const
from edgeml.keras.backend import import_keras, import_qkeras
from edgeml.keras.lower import lower_model
from edgeml.keras.notes import Notes
from edgeml.keras.runner import keras_floats
from edgeml.presets import Lowering
from edgeml.runs import model_digest
from tests.keras.exactness import corner_data, randomize
from tests.keras.test_notes import bits, normalized

keras, qkeras = import_keras(), import_qkeras()
X = corner_data((8,), 1500)


def dense(units, name, width=6):
    return qkeras.QDense(units, name=name, kernel_quantizer=bits(width), bias_quantizer=bits(width))


def models():
    """Name to model and options: the roundings that are announced."""
    inputs = [keras.Input((8,), name="x"), qkeras.QActivation(bits(16, 2), name="q")]
    wide = keras.Sequential([*inputs, dense(5, "fc", 16)])
    stated = keras.Sequential([*inputs, dense(6, "fc"), keras.layers.Dense(4, name="head")])
    for model in (wide, stated):
        randomize(model)
    tail = [qkeras.QActivation(bits(5, 3), name="act"), dense(3, "logits")]
    return {
        "norm at the end": (normalized(), Lowering()),
        "norm of few bits": (normalized(), Lowering(factor_bits=8)),
        "norm before a quantizer": (normalized(*tail), Lowering(factor_bits=6)),
        "wide sums": (wide, Lowering()),
        "stated types": (stated, Lowering(float_type="fixed<9,3>")),
    }


@pytest.fixture(scope="module", name="built")
def _built():
    return models()


def planted(graph: Graph, layer: str, part: str, step: int) -> Graph:
    """The graph with one constant of a layer changed by some codes."""
    (wrong,) = [node for node in graph.nodes if node.layer == layer and node.name.endswith(part)]
    constant = wrong.op
    assert isinstance(constant, Const)
    codes = constant.codes.copy()
    at = np.unravel_index(int(np.argmin(np.abs(codes))), codes.shape)
    codes[at] += step
    nodes = [
        Node(node.name, replace(constant, codes=codes), node.inputs) if node is wrong else node
        for node in graph.nodes
    ]
    return Graph(graph.name, nodes, graph.outputs, graph.notes)


def row(model, lowered, graph, folder: Path, options=None):
    """The row of a check of the graph, with the notes that announce a difference from it."""
    file = folder / "model.keras"
    model.save(file)
    notes = Notes.of(model, replace(lowered, graph=graph), X, model_digest(file))
    (folder / "notes.json").write_text(notes.to_json())
    return check_keras(graph, vectors.make(graph, X), file, folder / "notes.json", options)


NAMES = ("norm at the end", "norm of few bits", "norm before a quantizer", "wide sums", "stated types")


@pytest.mark.parametrize("name", NAMES)
def test_announced_roundings_are_within_their_bound(built, tmp_path, name):
    model, options = built[name]
    lowered = lower_model(model, options=options)
    found = row(model, lowered, lowered.graph, tmp_path, options)
    assert found.state == "announced" and found.holds and found.mismatches > 0
    assert found.bound is not None and found.max_abs_lsb <= found.bound
    assert f"as announced, at most {found.bound:,} code" in found.remark


PLANTED = {
    "norm at the end": ("fc", "weight", 1),
    "norm of few bits": ("bn", "factor.factor", 1),
    "norm before a quantizer": ("fc", "weight", 1),
    "wide sums": ("fc", "weight", 1),
    "stated types": ("head", "weight", 1),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_weight_in_an_announced_layer_is_a_mismatch(built, tmp_path, name):
    model, options = built[name]
    lowered = lower_model(model, options=options)
    found = row(model, lowered, planted(lowered.graph, *PLANTED[name]), tmp_path, options)
    assert found.state == "mismatch" and not found.holds
    assert "integers differ by more than the announced rounding explains" in found.reason


@pytest.mark.parametrize(
    ("layer", "codes", "holds"), [("act", 1, True), ("act", 2, False), ("fc", 1, False), ("logits", 3, False)]
)
def test_a_neighbouring_code_at_a_step_explains_what_is_behind_it(built, layer, codes, holds):
    model, options = built["norm before a quantizer"]
    lowered = lower_model(model, options=options)
    graph, golden = lowered.graph, vectors.make(lowered.graph, X, synthetic=False)
    names = ("x", "fc", "bn", "act", "logits")
    kept = evaluate_codes(graph, golden.inputs, keep=names)

    theirs = {name: to_float(kept[name], graph.info(name).type.frac).copy() for name in names}
    for name, off in (("logits", 3), (layer, codes)):
        frac = np.broadcast_to(graph.info(name).type.frac, graph.info(name).shape)
        theirs[name][5].flat[0] += off * 2.0 ** -int(frac.flat[0])

    def run(x, keep):
        """The graph's own values, but for a layer and the output of one sample, in float32 and float64."""
        return {name: value[5:6] if len(x["x"]) == 1 else value for name, value in theirs.items()}

    notes = Notes.of(model, lowered, X[:9])
    result = Result(backend="keras", status="mismatch", mismatches=1, max_abs_lsb=3)
    found = judged(result, notes, graph, golden, Framework(names, run, run))
    assert found.holds is holds and bool(found.announced) is holds
    assert found.bound == (3 if holds else None)


def test_without_float64_there_is_no_bound(built):
    model, options = built["wide sums"]
    lowered = lower_model(model, options=options)
    golden = vectors.make(lowered.graph, X, synthetic=False)
    notes = Notes.of(model, lowered, X[:9])
    result = Result(backend="keras", status="mismatch", mismatches=1, max_abs_lsb=3)
    framework = Framework(
        ("fc",), lambda x, keep: keras_floats(model, lowered.graph, x, keep), lambda x, keep: None
    )
    found = judged(result, notes, lowered.graph, golden, framework)
    assert found.holds and found.bound is None and found.remark.startswith("as announced: possible: float32")
    assert judged(result, None, lowered.graph, golden, framework) == result
