"""The prover of hls4ml says PROVEN of nothing that it did not show: projects that were edited by hand."""

from __future__ import annotations

import contextlib
import os
import shutil
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import edgeml
from edgeml import backends
from edgeml.backends.hls4ml.firmware import Firmware, read_firmware
from edgeml.backends.hls4ml.manifest import Hls4mlManifest
from edgeml.errors import EdgemlError
from edgeml.files import FileSet
from edgeml.fixed import FixedType, Round
from edgeml.ir import Builder, Graph
from edgeml.ir.ops.mat_mul import MatMul
from edgeml.prove.prove import prove_folder
from edgeml.prove.result import Proof, Verdict
from tests.prove.test_refuted import answers_wrongly
from tests.support import needs_tool

pytest.importorskip("hls4ml")

TOP, DEFINES, CONFIGS = "firmware/myproject.cpp", "firmware/defines.h", "firmware/parameters.h"


@cache
def network() -> Graph:
    """Two dense layers with a rounding between them."""
    build, rng = Builder("tiny"), np.random.default_rng(0)
    x = build.input((3,), FixedType(False, 4, 2), "x")
    first = build.const(rng.integers(-7, 8, (3, 4)), FixedType(True, 4, 2), "w1")
    hidden = build.add(MatMul(), x, first, name="sums")
    hidden = build.cast(hidden, FixedType(True, 5, 1), Round.RND_CONV, name="hidden")
    second = build.const(rng.integers(-7, 8, (4, 2)), FixedType(True, 4, 2), "w2")
    return build.graph(build.add(MatMul(), hidden, second, name="scores"))


@cache
def project() -> FileSet:
    return backends.load("hls4ml").emit(network())


def edited(folder: Path, *changes: tuple[str, str, str]) -> Path:
    """The project with pieces of its files replaced, each of which is there."""
    project().write(folder / "hls4ml")
    for name, old, new in changes:
        path = folder / "hls4ml" / name
        text = path.read_text()
        assert old in text, old
        path.write_text(text.replace(old, new, 1))
    return folder / "hls4ml"


def read(folder: Path) -> Firmware:
    return read_firmware(folder, Hls4mlManifest.read(folder))


def proof(folder: Path) -> Proof:
    return prove_folder(folder, network(), ["hls4ml"]).results[0]


def test_files_are_read_as_they_are(tmp_path: Path) -> None:
    found = read(edited(tmp_path))
    assert [call.function for call in found.calls] == ["dense", "linear", "dense"]
    assert found.calls[0].arguments == ("x", "layer2_out", "w2", "b2")
    assert found.weights["w2"].size == 12
    assert str(found.types["layer3_t"][0]) == "fixed<5,4,RND_CONV,SAT,0>"
    assert found.configs["config2"].number("n_in") == 3


FIRST = "    nnet::dense<input_t, layer2_t, config2>(x, layer2_out, w2, b2); // sums"
LOAD = "        loaded_weights = true;    }"


@pytest.mark.parametrize(
    ("name", "old", "new", "reason"),
    [
        (TOP, FIRST, f"{FIRST}\n    layer2_out[0] = 1;", "layer2_out[0] = 1;"),
        (TOP, FIRST, f"{FIRST}\n    if (x[0] > 1) return;", "is not understood"),
        (TOP, FIRST, f"/* {FIRST} */", "a comment or line that goes on"),
        (TOP, FIRST, f"// joined \\\n{FIRST}", "a comment or line that goes on"),
        (TOP, LOAD, f"        w2[0] = 1;\n{LOAD}", "w2[0] = 1;"),
        (TOP, "layer2_t layer2_out[4];", "layer2_t layer2_out[4] = {};", "is not understood"),
        (TOP, "layer2_t layer2_out[4];", "double layer2_out[4];", "no type for this variable"),
        (TOP, '#include "parameters.h"', '#include "parameters.h"\n#define dense relu', "is not understood"),
        (TOP, "_weight_t, 12>", "_weight_t, 11>", "other elements"),
        (DEFINES, "typedef ap_ufixed<4,2> input_t;", "typedef float input_t;", "is not understood"),
        (DEFINES, "ap_ufixed<4,2>", "ap_ufixed<4,2,AP_RND_ODD>", "rounding or overflow"),
        (DEFINES, "ap_ufixed<4,2>", "ap_ufixed<99,2>", "99"),
        (DEFINES, '#include "ap_int.h"', '#include "mine.h"', "is not understood"),
        (CONFIGS, "mult<x_T, y_T>", "mult<y_T, x_T>", "is not understood"),
        (CONFIGS, "template<class x_T, class y_T>", "template<class y_T, class x_T>", "is not understood"),
        (CONFIGS, "    typedef sums_accum_t accum_t;", "typedef input_t sums_accum_t;", "is there twice"),
        (
            CONFIGS,
            "#ifndef PARAMETERS_H_\n#define PARAMETERS_H_",
            "#ifndef X_H_\n#define X_H_",
            "no include guard",
        ),
        (CONFIGS, "struct config2 :", "struct config4 :", "is there twice"),
        (CONFIGS, "n_in = 3;", "n_in = 3; static int k;", "is not understood"),
        (CONFIGS, "reuse_factor = 1;", "reuse_factor = 0;", "the reuse factor 0"),
        ("firmware/weights/w2.txt", "0.", "1.", "other weights than C simulation"),
        ("firmware/weights/w2.h", "#else", "#elif 1", "is not understood"),
        ("firmware/weights/w2.h", "{", "{00", "no plain number"),
        (
            "firmware/nnet_utils/nnet_dense_latency.h",
            "acc[jj] += mult[index]",
            "acc[jj] -= mult[index]",
            "differs",
        ),
        ("firmware/ap_types/ap_fixed.h", "#ifndef", "\n#ifndef", "differs from the installed hls4ml"),
        (
            "firmware/nnet_utils/nnet_code_gen.h",
            "code\n",
            "code\nint evil() { return 1; }\n",
            "does more than",
        ),
    ],
)
def test_a_line_that_is_not_understood_is_named(
    name: str, old: str, new: str, reason: str, tmp_path: Path
) -> None:
    folder = edited(tmp_path, (name, old, new))
    with pytest.raises(EdgemlError) as caught:
        read(folder)
    assert reason in str(caught.value)
    assert Path(name).stem in str(caught.value)


def test_a_file_that_the_compiler_would_find_first_is_named(tmp_path: Path) -> None:
    folder = edited(tmp_path)
    (folder / "firmware/array").write_text("#error\n")
    with pytest.raises(EdgemlError, match="no file of hls4ml"):
        read(folder)


@pytest.mark.parametrize("name", [TOP, DEFINES, CONFIGS, "firmware/weights/w2.h", "firmware/myproject.h"])
def test_damaged_files_end_in_one_error(name: str, tmp_path: Path) -> None:
    folder, rng = edited(tmp_path), np.random.default_rng(0)
    content = (folder / name).read_bytes()
    for _ in range(25):
        start, size = rng.integers(len(content)), rng.integers(1, 40)
        noise = bytes(rng.integers(0, 256, size, dtype=np.uint8).tolist())
        (folder / name).write_bytes(content[:start] + noise * int(rng.integers(2)) + content[start + size :])
        with contextlib.suppress(EdgemlError):  # what was cut may be a comment
            read(folder)


def test_a_project_for_another_back_end_is_not_proven(tmp_path: Path) -> None:
    folder = edited(tmp_path)
    manifest = folder / "edgeml.json"
    manifest.write_text(manifest.read_text().replace('"backend": "Vitis"', '"backend": "oneAPI"'))
    found = proof(tmp_path)
    assert found.verdict is Verdict.NOT_PROVEN
    assert "oneAPI" in found.reason


def test_a_project_without_a_compiler_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edited(tmp_path)
    monkeypatch.setattr("edgeml.tools.find", lambda name: None)
    assert proof(tmp_path).verdict is Verdict.NOT_RUN


@pytest.mark.tool
def test_a_project_is_proven_stage_by_stage(tmp_path: Path) -> None:
    found = proof(edited(tmp_path).parent)
    assert (found.verdict, found.reason) == (Verdict.PROVEN, "")
    assert [step.value for step in found.steps] == ["sums", "hidden", "scores"]
    assert found.steps[0].vectors == 1 + 3  # zero, and one per element


@pytest.mark.slow
@pytest.mark.tool
def test_weights_are_refuted(tmp_path: Path) -> None:
    """They are read when the project runs, so that it is not compiled again."""
    weights = read(edited(tmp_path)).weights["w4"].values
    for at in (0, weights.size - 1):
        changed = weights.copy()
        changed[at] += 0.25
        folder = edited(tmp_path)
        words = ", ".join(map(repr, changed.tolist()))
        header = folder / "firmware/weights/w4.h"
        start, end = header.read_text().index("{") + 1, header.read_text().index("}")
        header.write_text(header.read_text()[:start] + words + header.read_text()[end:])
        (folder / "firmware/weights/w4.txt").write_text(words)
        found = proof(tmp_path)
        assert found.verdict is Verdict.REFUTED
        assert answers_wrongly("hls4ml", network(), folder, found)
        shutil.rmtree(folder)


@pytest.mark.slow
@pytest.mark.tool
def test_a_narrower_input_is_refuted(tmp_path: Path) -> None:
    """Steps of one code do not show it: its type is compared."""
    old, new = "ap_ufixed<4,2> input_t", "ap_ufixed<3,1> input_t"
    found = proof(edited(tmp_path, (DEFINES, old, new)).parent)
    assert found.verdict is Verdict.REFUTED
    assert answers_wrongly("hls4ml", network(), tmp_path / "hls4ml", found)


def test_a_compiler_without_its_address_sanitizer_is_not_run(tmp_path: Path, monkeypatch) -> None:
    gxx = needs_tool("g++")
    (tmp_path / "bin").mkdir()
    bare = tmp_path / "bin" / "g++"
    bare.write_text(
        '#!/bin/sh\ncase "$*" in *-fsanitize*) echo "ld: cannot find libasan.so" >&2; exit 1;; esac\n'
        f'exec {gxx} "$@"\n'
    )
    bare.chmod(0o755)
    monkeypatch.setenv("PATH", str(bare.parent), prepend=os.pathsep)
    project().write(tmp_path / "hls4ml")
    (proof,) = prove_folder(tmp_path, network(), ["hls4ml"]).results
    assert proof.verdict is Verdict.NOT_RUN
    assert "the address sanitizer of g++ cannot be used (ld: cannot find libasan.so)" in proof.reason


def test_a_graph_is_proven_where_it_can_be_written_and_the_rest_says_why() -> None:
    build = Builder("wide")
    x = build.input((2,), FixedType(True, 30, 0), "x")
    weight = build.const(np.full((2, 1), (1 << 28) - 1), FixedType(True, 30, 0), "w")
    graph = build.graph(build.add(MatMul(), x, weight, name="sums"))
    proofs = {one.backend: one for one in edgeml.prove(graph, "all").results}
    assert proofs["qdq"].verdict is Verdict.NOT_RUN and "not exported" not in proofs["qdq"].reason
    with pytest.raises(EdgemlError, match="sums"):
        edgeml.prove(graph, ["qdq"])
