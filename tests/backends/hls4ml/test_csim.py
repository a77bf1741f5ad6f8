"""The C simulation: every integer equals the reference's, and an altered project is caught."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from edgeml.backends.hls4ml import BACKEND
from edgeml.backends.hls4ml.csim import CSimulation
from edgeml.backends.hls4ml.manifest import Hls4mlManifest
from edgeml.errors import EdgemlError, MissingToolError
from edgeml.fixed import IntArray, Overflow, Round
from edgeml.ir import Builder, Graph, evaluate_codes
from edgeml.ir.ops.concat import Concat
from edgeml.ir.ops.conv import Conv
from edgeml.ir.ops.max_pool import MaxPool
from edgeml.ir.ops.mul import Mul
from edgeml.ir.ops.relu import Relu
from edgeml.ir.ops.reshape import Reshape
from edgeml.ir.ops.transpose import Transpose
from tests.support import needs_tool
from tests.zoo import codes, conv, dense, fixed, random_codes, ufixed, zoo

RUNNER = CSimulation()
GRAPHS = zoo()


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EDGEML_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def emitted(graph: Graph, folder: Path, **settings: object) -> Path:
    return BACKEND.emit(graph, BACKEND.options(settings)).write(folder)


def equal(graph: Graph, folder: Path, samples: int = 40, **settings: object) -> dict[str, IntArray]:
    """Emit, run, compare all values that can be seen; returns them."""
    needs_tool("g++")
    emitted(graph, folder, **settings)
    inputs = codes(graph, samples)
    got = RUNNER.run(folder, graph, inputs, tuple(graph.infos))
    expected = evaluate_codes(graph, inputs, got)
    assert set(graph.outputs) <= set(got)
    for name, values in got.items():
        np.testing.assert_array_equal(values, expected[name], err_msg=name)
    return got


def pixels() -> Graph:
    """Hard cases of a stream: padding, strides, one-row kernels, pools with a rest, readers, repacking."""
    build = Builder("pixels")
    x = build.input((7, 6, 2), fixed(5, 2))
    a = build.cast(conv(build, x, "a", (3, 3), 3, 1, padding=((1, 1), (2, 0))), fixed(5, 3), name="act_a")
    pool = build.add(MaxPool((2, 2), (2, 2), ((0, 0), (0, 0))), a, name="pool")
    row = conv(build, pool, "row", (1, 2), 3, 2, strides=(2, 1))
    relu = build.add(Relu(), row, name="relu")
    padded = build.add(MaxPool((2, 2), (2, 2), ((1, 0), (0, 0))), pool, name="padded")
    deep = build.add(
        Conv((1, 1), ((0, 0), (0, 0)), (1, 1), 3),
        pool,
        build.const(random_codes((2, 2, 1, 3), fixed(4, 1), 5), fixed(4, 1)),
        name="deep",
    )
    flat = build.add(Reshape((2 * 2 * 3,)), relu, name="flat")
    square = build.add(Mul(), flat, flat, name="square")
    heads = [dense(build, flat, f"head{i}", 3, fixed(4, 1), fixed(4, 1), 10 + i) for i in range(2)]
    both = build.add(Concat(0), *heads, name="both")
    odd = build.add(Reshape((3, 4)), build.cast(square, ufixed(6, 6)), name="odd")
    turned = build.add(Transpose((1, 0)), odd, name="turned")
    return build.graph(both, padded, deep, turned, pool)


def cast_modes() -> Graph:
    """Every rounding with every overflow, signed and unsigned; a stream has seven readers at most."""
    build = Builder("modes")
    outputs: list[str] = []
    for signed in (True, False):
        for overflow in Overflow:
            x = build.input((64,), fixed(8, 4), f"x_{overflow.value.lower()}_{int(signed)}")
            kind = fixed(4, 2) if signed else ufixed(4, 2)
            outputs += [build.cast(x, kind, rounding, overflow) for rounding in Round]
    return build.graph(*outputs)


@pytest.mark.slow
@pytest.mark.tool
class TestExact:
    @pytest.mark.parametrize("io_type", ["io_parallel", "io_stream"])
    def test_networks_of_pixels(self, io_type: str, tmp_path: Path) -> None:
        got = equal(pixels(), tmp_path / "p", io_type=io_type)
        assert {"a", "act_a", "row", "relu", "square"} <= set(got)

    def test_every_cast_mode_on_every_code(self, tmp_path: Path) -> None:
        needs_tool("g++")
        graph = cast_modes()
        emitted(graph, tmp_path / "p", io_type="io_stream")
        every = np.arange(-128, 128).reshape(4, 64)
        inputs = dict.fromkeys(graph.inputs, every)
        got = RUNNER.run(tmp_path / "p", graph, inputs)
        for name, values in evaluate_codes(graph, inputs).items():
            np.testing.assert_array_equal(got[name], values, err_msg=str(graph.node(name).op))

    def test_resource_strategy_with_reuse(self, tmp_path: Path) -> None:
        strategy = {"strategy": "resource", "reuse_factor": {"fc1": 8, "fc2": 24, "fc3": 40}}
        equal(GRAPHS["mlp"], tmp_path / "p", **strategy)

    def test_distributed_arithmetic(self, tmp_path: Path) -> None:
        pytest.importorskip("da4ml", reason="da4ml is not installed")
        equal(GRAPHS["mlp"], tmp_path / "p", strategy="distributed_arithmetic")

    @pytest.mark.parametrize(
        ("backend", "io_type", "name"),
        [
            ("Vivado", "io_stream", "cnn_2d"),
            ("Quartus", "io_parallel", "mlp_classes"),
            ("Catapult", "io_stream", "cnn_2d"),
        ],
    )
    def test_other_back_ends(self, backend: str, io_type: str, name: str, tmp_path: Path) -> None:
        equal(GRAPHS[name], tmp_path / "p", backend=backend, io_type=io_type)


@pytest.mark.slow
@pytest.mark.tool
def test_an_altered_file_is_caught(tmp_path: Path, own_cache: Path) -> None:
    """One project, altered in its weights, in a rounding mode and in its manifest."""
    needs_tool("g++")
    graph, folder = GRAPHS["mlp"], tmp_path / "p"
    equal(graph, folder)
    inputs = codes(graph, 40)
    expected = evaluate_codes(graph, inputs)["fc3"]
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    # The second run needs no compiler: the program is in the cache.
    (program,) = own_cache.rglob("simulation")
    stamp = program.stat().st_mtime_ns
    RUNNER.run(folder, graph, inputs)
    assert program.stat().st_mtime_ns == stamp
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    # A weight altered in one file is refused, in both it is simulated as it lies there.
    altered = tmp_path / "weight"
    shutil.copytree(folder, altered)
    text = (altered / "firmware/weights/w6.txt").read_text()
    first, rest = text.split(", ", 1)
    other = "0.50000" if first != "0.50000" else "0.25000"
    (altered / "firmware/weights/w6.txt").write_text(f"{other}, {rest}")
    with pytest.raises(EdgemlError, match="synthesis would use other weights"):
        RUNNER.run(altered, graph, inputs)
    header = (altered / "firmware/weights/w6.h").read_text()
    (altered / "firmware/weights/w6.h").write_text(header.replace(f"{{{first},", f"{{{other},"))
    assert not np.array_equal(RUNNER.run(altered, graph, inputs)["fc3"], expected)

    # Another rounding mode is another program and gives other integers; the first that differ are the cast's.
    altered = tmp_path / "mode"
    shutil.copytree(folder, altered)
    defines = (altered / "firmware/defines.h").read_text()
    changed = defines.replace("ap_ufixed<6,2,AP_RND_CONV,AP_SAT,0>", "ap_ufixed<6,2,AP_TRN,AP_SAT,0>")
    assert changed != defines
    (altered / "firmware/defines.h").write_text(changed)
    got = RUNNER.run(altered, graph, inputs, tuple(graph.infos))
    reference = evaluate_codes(graph, inputs, got)
    differing = [
        name for name in graph.infos if name in got and not np.array_equal(got[name], reference[name])
    ]
    assert differing[0] == "act1"

    # A missing weight file is the simulation's own error.
    (altered / "firmware/weights/w2.txt").unlink()
    with pytest.raises(EdgemlError, match="w2.txt does not exist"):
        RUNNER.run(altered, graph, inputs)

    # A project that does not compile names the compiler's line and the log.
    (altered / "firmware/defines.h").write_text(changed.replace("typedef", "typedeaf", 1))
    with pytest.raises(EdgemlError, match=r"is not compiled: .*error: .*typedeaf") as caught:
        RUNNER.run(altered, graph, inputs)
    assert Path(caught.value.hint.removeprefix("all output is in ")).is_file()


class TestBeforeAnythingRuns:
    def test_a_folder_without_a_project(self, tmp_path: Path) -> None:
        with pytest.raises(EdgemlError, match="no such manifest of an hls4ml project"):
            RUNNER.run(tmp_path, GRAPHS["mlp"], codes(GRAPHS["mlp"]))

    @pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": 1}', '{"inputs": [{"value": 1}]}'])
    def test_a_damaged_manifest(self, text: str, tmp_path: Path) -> None:
        (tmp_path / "edgeml.json").write_text(text)
        with pytest.raises(EdgemlError, match="not a manifest|no key"):
            Hls4mlManifest.read(tmp_path)

    def test_the_project_of_another_graph(self, tmp_path: Path) -> None:
        emitted(GRAPHS["mlp"], tmp_path)
        with pytest.raises(EdgemlError, match="has the outputs fc3, the graph has"):
            RUNNER.run(tmp_path, GRAPHS["relu"], codes(GRAPHS["relu"]))
        manifest = json.loads((tmp_path / "edgeml.json").read_text())
        manifest["outputs"][0]["frac"] += 1
        (tmp_path / "edgeml.json").write_text(json.dumps(manifest))
        with pytest.raises(EdgemlError, match="fractional bits, the graph"):
            RUNNER.run(tmp_path, GRAPHS["mlp"], codes(GRAPHS["mlp"]))

    @pytest.mark.parametrize(("backend", "needs"), [("oneAPI", "icpx"), ("Libero", "SmartHLS")])
    def test_compilers_that_are_not_here(self, backend: str, needs: str, tmp_path: Path) -> None:
        emitted(GRAPHS["mlp"], tmp_path, backend=backend)
        with pytest.raises(MissingToolError, match=needs):
            RUNNER.run(tmp_path, GRAPHS["mlp"], codes(GRAPHS["mlp"]))

    def test_windows_of_a_large_image_at_once_are_not_compiled(self, tmp_path: Path) -> None:
        emitted(GRAPHS["mlp"], tmp_path)
        with (tmp_path / "firmware/nnet_utils/nnet_code_gen.h").open("a") as generated:
            generated.write("\n" * (9 << 20))
        with pytest.raises(MissingToolError, match="9 MB of windows") as refused:
            RUNNER.run(tmp_path, GRAPHS["mlp"], codes(GRAPHS["mlp"]))
        assert refused.value.hint.endswith("--io-type io_stream")

    def test_without_a_compiler(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        emitted(GRAPHS["mlp"], tmp_path / "p")
        monkeypatch.setenv("PATH", str(tmp_path))
        assert "g++ is not installed" in RUNNER.available()
        with pytest.raises(MissingToolError, match="gxx is not installed"):
            RUNNER.run(tmp_path / "p", GRAPHS["mlp"], codes(GRAPHS["mlp"]))

    @pytest.mark.tool
    def test_an_inner_value_of_more_bits_than_a_double_is_exact_and_not_shown(self, tmp_path: Path) -> None:
        build = Builder("inner")
        a, b = build.input((3,), fixed(30, 4), "a"), build.input((3,), fixed(30, 4), "b")
        wide = build.add(Mul(), a, b, name="wide")
        graph = build.graph(build.cast(wide, fixed(20, 3), Round.RND_CONV, Overflow.SAT, name="y"))
        got = equal(graph, tmp_path / "p")
        assert "y" in got and "wide" not in got


def test_types_per_element_are_kept_where_hls4ml_would_choose_others(tmp_path: Path) -> None:
    """Widths and LSBs differ per element, rounded and saturated; the dense layer behind has its own types."""
    got = equal(GRAPHS["cast_per_element"], tmp_path / "p")
    assert {"act", "fc"} <= set(got)
    assert "AP_RND_CONV,AP_SAT>(inp[3])" in (tmp_path / "p/firmware/nnet_utils/nnet_code_gen.h").read_text()
