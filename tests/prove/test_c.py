"""The prover of C says PROVEN of nothing that it did not show: programs that were edited by hand."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from edgeml import backends
from edgeml.fixed import FixedType, Round
from edgeml.ir import Builder, Graph
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.reshape import Reshape
from edgeml.prove.prove import prove_folder
from edgeml.prove.result import Proof, Verdict
from tests.support import needs_c_compiler

pytestmark = pytest.mark.tool


@pytest.fixture(autouse=True)
def _compiler() -> None:
    needs_c_compiler()


def network() -> Graph:
    """Two dense layers with a rounding between them, and a pool of their scores."""
    build, rng = Builder("tiny"), np.random.default_rng(0)
    x = build.input((4,), FixedType(False, 4, 2), "x")
    first = build.const(rng.integers(-7, 8, (4, 6)), FixedType(True, 4, 2), "w1")
    hidden = build.add(MatMul(), x, first, name="sums")
    hidden = build.cast(hidden, FixedType(True, 5, 1), Round.RND_CONV, name="hidden")
    second = build.const(rng.integers(-7, 8, (6, 4)), FixedType(True, 4, 2), "w2")
    scores = build.add(MatMul(), hidden, second, name="scores")
    image = build.add(Reshape((2, 2, 1)), scores)
    return build.graph(build.add(MaxPool((2, 2), (2, 2), ((0, 0), (0, 0))), image, name="best"))


def edited(folder: Path, *changes: tuple[str, str]) -> Proof:
    """The proof of the program with pieces of text replaced, each of which is there once or more."""
    graph = network()
    backends.load("c").emit(graph).write(folder / "c")
    path = folder / "c/src/model.c"
    text = path.read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    path.write_text(text)
    return prove_folder(folder, graph, ["c"]).results[0]


def test_the_program_is_proven_stage_by_stage(tmp_path: Path) -> None:
    proof = edited(tmp_path)
    assert (proof.verdict, proof.reason) == (Verdict.PROVEN, "")
    assert [step.value for step in proof.steps] == ["sums", "hidden", "scores", "best"]
    assert proof.steps[0].vectors == 1 + 4  # zero, and one per element


LOOP = "for (int32_t i = 0; i < 6; ++i) {"
SUM = "int32_t sum = 0;\n    for (int32_t i = 0; i < n; ++i) {"
STORE = "y[i] = (int8_t)v2;"


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("input, &arena.i8[8]", "input, &arena.i8[9]", "is written at byte 14 of 14"),
        ("(&arena.i8[8], &arena.i16[0]", "(&arena.i8[8], &arena.i16[1]", "none was written"),
        ("(&arena.i8[8], &arena.i16[0]", "(&arena.i8[7], &arena.i16[0]", "none was written"),
        (LOOP, LOOP.replace("< 6", "< 5"), "none was written"),
        (LOOP, LOOP.replace("< 6", "< 7"), "is read at byte 24 of 24"),
        (STORE, "y[i] = (int8_t)(v2 / 2 + (x[0] == 13 && x[1] == 7));", "a number that depends on the input"),
        (STORE, "y[i] = (int8_t)((v2 >> 1) + (x[0] == 13 && x[1] == 7));", "that has no name"),
        (STORE, "y[i] = (int8_t)(v2 * 9);", "may overflow int8_t"),
        (STORE, "if (x[3] == 9) { y[i] = 0; } y[i] = (int8_t)v2;", "a branch that depends on an input"),
        ("    return 0;", "    if (input[2] == 11) { return 1; } return 0;", "depends on an input"),
        (
            "(&arena.i8[8], &arena.i16[0]",
            "(&arena.i16[0], &arena.i16[0]",
            "'&arena.i16[0]' in line {line} is a pointer to int16_t, where a pointer to int8_t is needed",
        ),
        ("#include <string.h>", "#define int32_t int16_t", "is not understood"),
        ("#include <string.h>", "#define k_w1 (k_w2)", "is not understood"),
        ("#include <string.h>", "#define EDGEML_USE_DSP", "is not understood"),
        ("#ifdef EDGEML_USE_DSP", "#ifdef EDGEML_USE_DSP\n#elif 1", "is not understood"),
        ("#include <string.h>", "/* joined *\\\n/ int x; /* */", "is not understood"),
        (SUM, f"if (x[0] > 3) {{ return 1; }} {SUM}", "hidden"),
    ],
)
def test_what_vectors_might_not_show_is_not_proven(old: str, new: str, reason: str, tmp_path: Path) -> None:
    """Dependence on other elements, places outside, numbers too large for a type, other buffers."""
    proof = edited(tmp_path, (old, new))
    assert proof.verdict is not Verdict.PROVEN
    text = (tmp_path / "c/src/model.c").read_text()
    assert reason.format(line=text[: text.index(new)].count("\n") + 1) in proof.reason


def test_a_buffer_that_is_written_again_too_early_is_not_proven(tmp_path: Path) -> None:
    """The pool reads scores, two of which hold codes of another layer by then."""
    call = "layer_scores(&arena.i8[8], &arena.i16[0]);"
    proof = edited(tmp_path, ("EDGEML_TRACE(1, &arena.i16[0], 8);", "EDGEML_TRACE(1, &arena.i16[0], 8);\n"
                              "    memcpy(&arena.i16[0], &arena.i16[2], 4);"), (call, call))  # fmt: skip
    assert proof.verdict is not Verdict.PROVEN
    assert "best" in proof.reason


@pytest.mark.parametrize(
    ("old", "new"), [(") >> 3;", " + 1) >> 3;"), ("5, -6,", "5, -5,"), ("15 : v1", "14 : v1")]
)
def test_other_integers_are_refuted_with_an_input(old: str, new: str, tmp_path: Path) -> None:
    proof = edited(tmp_path, (old, new))
    assert proof.verdict is Verdict.REFUTED
    assert proof.witness is not None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "garbage(((",
        "int tiny_run(" + "(" * 20_000,
        f"static const int8_t k[1] = {{ {'9' * 5000} }};",
        "int tiny_run(const int8_t *input, int16_t *output) { return tiny_run(input, output); }",
        "int tiny_run(const int8_t *input, int16_t *output) { for (int32_t i = 0; i < 9; i += 0) { } }",
        "#if 1\n",
        "/* \0 */ \x07",
    ],
)
def test_a_damaged_program_is_never_proven_and_no_traceback(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edgeml.backends.c.machine._MOST_TURNS", 10_000)
    backends.load("c").emit(network()).write(tmp_path / "c")
    (tmp_path / "c/src/model.c").write_text(text)
    proof = prove_folder(tmp_path, network(), ["c"]).results[0]
    assert proof.verdict in (Verdict.NOT_PROVEN, Verdict.REFUTED)
    assert proof.verdict is Verdict.NOT_PROVEN or "is not compiled" in proof.failure
    assert "model.c" in proof.reason


def test_a_program_without_a_compiler_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edgeml.tools.find", lambda name: None)
    proof = edited(tmp_path)
    assert proof.verdict is Verdict.NOT_RUN
    assert "no compiler for C" in proof.reason


def test_sums_of_packed_weights_are_proven(tmp_path: Path) -> None:
    build, rng = Builder("packed"), np.random.default_rng(1)
    outputs: list[str] = []
    for count in (16, 13):
        x = build.input((count,), FixedType(True, 4, 2), f"x{count}")
        for bits, step in ((4, 1), (3, 1), (1, 2)):
            codes = step * rng.integers(0, 1 << bits, (count, 24)) - (1 << (bits - 1))
            weight = build.const(codes, FixedType(True, 5, 1), f"w{count}_{bits}")
            outputs.append(build.add(MatMul(), x, weight, name=f"sums{count}_{bits}"))
    graph, c = build.graph(*outputs), backends.load("c")
    files = c.emit(graph, c.options({"pack_weights": True}))
    assert {"s4", "s4t", "s3", "s3t", "g1", "g1t"} <= set(
        re.findall(r"dot_i8_(\w+)_i32\(x", files["src/model.c"].decode())
    )
    files.write(tmp_path / "c")
    proof = prove_folder(tmp_path, graph, ["c"]).results[0]
    assert (proof.verdict, proof.reason) == (Verdict.PROVEN, "")
