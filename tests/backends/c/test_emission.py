"""Written C: names, comments, types, packed bytes; and the causes that are refused with one error."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeml import backends
from edgeml.backends.c.compilers import checked_compiler
from edgeml.backends.c.integers import CType, computing, storage
from edgeml.backends.c.names import RESERVED, Identifiers, identifier
from edgeml.backends.c.ops._weights import packed
from edgeml.backends.c.place import merged, strides_of
from edgeml.backends.c.runner import HostProgram
from edgeml.errors import EdgemlError, MissingToolError
from edgeml.fixed import FixedType, Overflow, Round
from edgeml.ir import Builder, Graph, Node
from edgeml.ir.ops.input import Input
from edgeml.ir.ops.scale import Scale
from tests.backends.contract import small
from tests.support import needs_c_compiler, needs_tool
from tests.zoo import codes, dense, fixed, ufixed, zoo

C = backends.load("c")


def named(name: str, layer: str) -> Graph:
    """A dense layer under names that C might not like."""
    build = Builder(name)
    return build.graph(
        dense(build, build.input((3,), fixed(5, 2), "x"), layer, 2, fixed(4, 1), fixed(4, 1), 1)
    )


def test_words_of_c_are_no_names() -> None:
    assert not {identifier(word) for word in RESERVED} & RESERVED
    names = Identifiers()
    assert [names.unique(text) for text in ("a.b", "a_b", "A.B")] == ["a_b", "a_b_v2", "a_b_v3"]
    for word in ("int", "class", "main", "model", "_", "3x3"):
        files = C.emit(named(f"_{word}" if word[0].isdigit() else word, "double"))
        assert re.search(rb"int x_\w*_run\(|int x_run\(", files["src/model.h"]), files["src/model.h"]


def test_sums_with_an_lsb_per_channel_are_rounded_in_32_bits() -> None:
    """As `edgeml quantize` writes them; the function for all casts computes in 64."""
    for steps, is_short in (([1, 4, 7], True), ([0, 4, 7], False)):
        build = Builder("channels")
        x = dense(build, build.input((4,), fixed(8, 2)), "fc", 3, fixed(8, 1), fixed(8, 1), 1)
        scaled = build.add(Scale(-np.array(steps)), x, name="scaled")
        graph = build.graph(build.cast(scaled, FixedType(False, 8, int(build.info(x).frac)), name="act"))
        assert (b"int64_t" not in C.emit(graph)["src/model.c"]) is is_short


@pytest.mark.parametrize("prefix", ["int", "Upper", "a-b", "", "a" * 41])
def test_a_prefix_that_is_no_name_is_refused(prefix: str) -> None:
    with pytest.raises(EdgemlError, match="prefix"):
        C.options({"prefix": prefix})


@given(st.integers(-(2**62), 2**63 - 1), st.integers(-(2**62), 2**63 - 1))
def test_types_hold_their_ranges_and_no_narrower_one_does(a: int, b: int) -> None:
    lo, hi = min(a, b), max(a, b)
    kind = storage(lo, hi)
    assert kind.lo <= lo <= hi <= kind.hi
    narrower = [CType(bits, signed) for bits in (8, 16, 32) if bits < kind.bits for signed in (True, False)]
    assert not [other for other in narrower if other.lo <= lo and hi <= other.hi]
    assert computing(lo, hi).lo <= lo <= hi <= computing(lo, hi).hi


def test_beyond_64_bits_is_an_error() -> None:
    with pytest.raises(EdgemlError, match="use narrower types"):
        computing(1 << 63)
    with pytest.raises(EdgemlError, match="use narrower types"):
        storage(-1, 1 << 63)


@given(st.lists(st.integers(0, 127), min_size=1, max_size=40), st.integers(1, 7))
def test_packed_codes_come_back(drawn: list[int], bits: int) -> None:
    own = np.array(drawn, np.int64) & ((1 << bits) - 1)
    data = packed(own, bits)
    whole = sum(int(byte) << (8 * at) for at, byte in enumerate(data))
    assert [(whole >> (at * bits)) & ((1 << bits) - 1) for at in range(len(own))] == own.tolist()
    assert len(data) == -(-len(own) * bits // 8) + (8 % bits != 0)


def test_packed_weights_take_less() -> None:
    graph = zoo()["mlp"]
    sizes = [
        int(re.search(rb"CONSTANT_BYTES (\d+)", C.emit(graph, C.options(o))["src/model.h"])[1])  # pyright: ignore[reportOptionalSubscript]
        for o in ({}, {"pack_weights": True})
    ]
    assert sizes[1] < 0.87 * sizes[0]


def test_loops_are_merged_where_strides_allow_it() -> None:
    shape = (2, 3, 4)
    assert [axes.extent for axes in merged(shape, [strides_of(shape)])] == [24]
    assert [axes.extent for axes in merged(shape, [strides_of(shape), (0, 0, 1)])] == [6, 4]
    assert [axes.extent for axes in merged(shape, [strides_of(shape), (4, 0, 1)])] == [2, 3, 4]


def test_a_missing_compiler_is_not_run_with_the_way_to_get_one(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    runner = HostProgram(("clang",))
    assert "apt-get install clang" in runner.available()
    C.emit(small()).write(tmp_path)
    with pytest.raises(MissingToolError, match="clang"):
        runner.run_codes(tmp_path, small(), codes(small(), 2))


@pytest.mark.tool
def test_a_compiler_without_its_sanitizers_is_not_run_and_the_next_one_is_used(monkeypatch, tmp_path) -> None:
    gcc = needs_tool("gcc")
    (tmp_path / "bin").mkdir()
    bare = tmp_path / "bin" / "clang"
    bare.write_text(
        '#!/bin/sh\ncase "$*" in *-fsanitize*) echo "ld: cannot find libclang_rt.asan.a" >&2; exit 1;; esac\n'
        f'exec {gcc} "$@"\n'
    )
    bare.chmod(0o755)
    monkeypatch.setenv("PATH", str(bare.parent), prepend=os.pathsep)
    reason = HostProgram(("clang",)).available()
    assert "clang cannot be used (ld: cannot find libclang_rt.asan.a)" in reason
    assert "Debian: libclang-rt-dev" in reason
    needs_c_compiler("gcc")
    assert HostProgram(("clang", "gcc")).available() == ""
    assert checked_compiler(("clang", "gcc")).path == Path(gcc)


@pytest.mark.tool
def test_a_broken_compiler_is_one_error_with_its_log(monkeypatch, tmp_path: Path) -> None:
    broken = tmp_path / "bin" / "gcc"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\necho 'internal compiler error: out of coffee'\nexit 4\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{broken.parent}:/usr/bin:/bin")
    monkeypatch.setenv("EDGEML_CACHE", str(tmp_path / "cache"))
    C.emit(small()).write(tmp_path / "c")
    with pytest.raises(EdgemlError, match="out of coffee") as error:
        HostProgram(("gcc",)).run_codes(tmp_path / "c", small(), codes(small(), 2))
    assert "compile.log" in error.value.hint


FLOATS = """
#define EDGEML_USE_FLOAT
#include <stdio.h>
#include "model.h"
static float values[{size}];
static floats_x_t codes[{size}];
int main(void)
{{
    if (fread(values, sizeof values, 1, stdin) != 1) {{
        return 1;
    }}
    floats_quantize_input(values, codes);
    return fwrite(codes, sizeof codes, 1, stdout) != 1;
}}
"""


@pytest.mark.slow
@pytest.mark.tool
def test_codes_of_floats_are_those_of_the_input(tmp_path: Path) -> None:
    """Ties, their neighbours, both ends, tiny and huge numbers, every rounding."""
    gcc = needs_tool("gcc")
    for number, rounding in enumerate(Round):
        for kind in (fixed(6, 3), ufixed(8, 0), FixedType(True, 30, 12), FixedType(False, 5, -3)):
            steps = np.arange(-70, 70) / 2 * 2.0**-kind.frac
            ends = np.array([kind.lo, kind.hi, kind.lo - 1, kind.hi + 1, kind.hi + 0.5]) * 2.0**-kind.frac
            plain = np.float32(np.concatenate([steps, ends, [0.0, -0.0, 1e-30, -1e-30, 1e30, -1e30]]))
            x = np.concatenate([plain, *(np.nextafter(plain, np.float32(s * np.inf)) for s in (-1, 1))])
            overflow = (Overflow.SAT, Overflow.SAT_SYM, Overflow.SAT_ZERO)[number % 3]
            op = Input((x.size,), kind, rounding, overflow)
            graph = Graph("floats", [Node("x", op)], ["x"])
            folder = tmp_path / "c"
            C.emit(graph).write(folder)
            text = FLOATS.format(size=x.size).replace("floats_x_t", "floats_input_t")
            (folder / "main.c").write_text(text)
            flags = ["-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror", "-Isrc"]
            subprocess.run([gcc, *flags, "main.c", "-o", "main"], cwd=folder, check=True)
            done = subprocess.run([folder / "main"], input=x.tobytes(), capture_output=True, check=True)
            item = len(done.stdout) // x.size
            got = np.frombuffer(done.stdout, f"<{'i' if kind.signed else 'u'}{item}").astype(np.int64)
            np.testing.assert_array_equal(got, op.codes(x[np.newaxis])[0], err_msg=f"{kind} {rounding}")
            shutil.rmtree(folder)
