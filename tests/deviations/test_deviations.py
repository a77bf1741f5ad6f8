"""Files against a fresh emission: what computes something else is named, what users and tools add is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from edgeml import backends
from edgeml.backend import Backend
from edgeml.checks import exported
from edgeml.checks import golden as vectors
from edgeml.checks.artefacts import check_folder
from edgeml.deviations import Deviation, summary
from edgeml.deviations.text import compare_text
from edgeml.errors import EdgemlError
from edgeml.ir import Graph
from tests.zoo import zoo

GRAPH = zoo()["mlp"]


def emitted(name: str, folder: Path, **settings: object) -> Backend:
    backend = backends.load(name)
    if backend.missing():
        pytest.skip(backend.missing())
    backend.emit(GRAPH, backend.options(settings)).write(folder)
    return backend


def replaced(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text, f"{path} has no {old}"
    path.write_text(text.replace(old, new, 1))


def changed(path: Path, change: Callable[[onnx.ModelProto], None]) -> None:
    model = onnx.load(path)
    change(model)
    onnx.save(model, path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"x = 1; // one", b"x = 1; // two"),
        (b"a\n  b", b"a /* c\nd */ b"),
        (b"typedef int x;\n", b"typedef   int x ;\n"),
    ],
)
def test_comments_and_layout_are_not_compared(old: bytes, new: bytes):
    assert compare_text("f", new, old) == []


@pytest.mark.parametrize(
    ("found", "fresh", "summary"),
    [
        (
            b"a\nap_fixed<15,6> t;",
            b"a\nap_fixed<16,7> t;",
            "line 2 is 'ap_fixed<15,6> t;', 'ap_fixed<16,7> t;' expected",
        ),
        (b"x = 6'd62;", b"x = 6'd63;", 'line 1 is "x = 6\'d62;", "x = 6\'d63;" expected'),
        (b"a", b"a\nb", "ends before 'b'"),
        (b"a\nb", b"a", "line 2 is 'b', the end expected"),
        (
            b"a // synthesis translate_off\nb",
            b"a\nb",
            "line 1 is 'a // synthesis translate_off', 'b' expected",
        ),
        (b"#define A\nB", b"#define A B", "line 1 is '#define A', '#define A B' expected"),
        (b"a + +b", b"a ++b", "line 1 is 'a + +b', 'a ++b' expected"),
    ],
)
def test_what_is_executed_is_named_with_its_line(found: bytes, fresh: bytes, summary: str):
    (deviation,) = compare_text("f.h", found, fresh)
    assert str(deviation) == f"f.h: {summary}"


def test_a_long_line_is_shown_around_the_difference():
    long = b" + ".join(b"x%d" % i for i in range(200))
    (deviation,) = compare_text("f.v", long.replace(b"x150", b"y"), long)
    assert (
        deviation.what
        == "line 1 is 'x148 + x149 + y + x151 + x152', 'x148 + x149 + x150 + x151 + x152' expected"
    )


def test_many_deviations_are_counted():
    assert summary([Deviation("a", str(i)) for i in range(5)]).endswith("a: 0; a: 1; a: 2; and 2 more")
    assert summary([]) == ""


@pytest.mark.parametrize("name", backends.names())
def test_what_was_just_written_does_not_deviate(name: str, tmp_path: Path):
    assert emitted(name, tmp_path).compare_files(tmp_path, GRAPH) == ()


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("hls4ml", {"backend": "Vivado", "io_type": "io_stream", "strategy": "Resource", "reuse_factor": 2}),
        ("hls4ml", {"backend": "Quartus", "clock_period_ns": 7.5, "project": "other", "trace": False}),
        ("hls4ml", {"board": "pynq-z2"}),
        ("verilog", {"adders_per_stage": 3, "top": "other"}),
        ("verilog", {"mode": "stream", "reuse_factor": 4, "clock_mhz": 50.0}),
    ],
)
def test_options_are_those_the_artefact_was_written_with(
    name: str, settings: dict[str, object], tmp_path: Path
):
    assert emitted(name, tmp_path, **settings).compare_files(tmp_path, GRAPH) == ()


def test_what_a_user_and_tools_add_is_no_deviation(tmp_path: Path):
    hls = emitted("hls4ml", tmp_path / "hls4ml")
    defines = tmp_path / "hls4ml/firmware/defines.h"
    defines.write_text(defines.read_text().replace("\n", "\n// mine\n"))
    (tmp_path / "hls4ml/myproject_prj").mkdir()
    (tmp_path / "hls4ml/myproject_prj/notes.h").write_text("int x;")
    (tmp_path / "hls4ml/build_prj.tcl").write_text("# mine\n")
    assert hls.compare_files(tmp_path / "hls4ml", GRAPH) == ()


def test_names_of_nodes_and_comments_of_a_model_are_no_deviation(tmp_path: Path):
    def rename(model: onnx.ModelProto) -> None:
        model.doc_string = "mine"
        for i, node in enumerate(model.graph.node):
            node.name = f"n{i}"

    back_end = emitted("onnx", tmp_path)
    changed(tmp_path / "exact.onnx", rename)
    assert back_end.compare_files(tmp_path, GRAPH) == ()


def test_metadata_of_a_model_differ_in_text_only(tmp_path: Path):
    def say(model: onnx.ModelProto) -> None:
        model.metadata_props.add(key="who", value="me")

    emitted("onnx", tmp_path / "onnx")
    changed(tmp_path / "onnx/exact.onnx", say)
    golden = vectors.make(GRAPH, np.random.default_rng(1).random((20, *GRAPH.info(GRAPH.inputs[0]).shape)))
    row = check_folder(tmp_path, GRAPH, golden, ["onnx"])["onnx"]
    assert (row.status, row.deviations) == ("exact", ())
    assert row.reason == (
        "differs in text from a fresh emission, not in what it computes: exact.onnx: metadata who is there, "
        "and not in a fresh emission; edgeml export RUN --to onnx writes it again"
    )


def test_files_of_other_versions_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Another version may write the same in other words; which ones wrote it and the remedy are told."""
    emitted("onnx", tmp_path / "onnx")
    changed(tmp_path / "onnx/exact.onnx", lambda model: setattr(model.opset_import[0], "version", 12))
    golden = vectors.make(GRAPH, np.random.default_rng(1).random((20, *GRAPH.info(GRAPH.inputs[0]).shape)))
    with monkeypatch.context() as patch:
        patch.setattr(exported, "versions", lambda: {"edgeml": "0.0.9", "onnx": "1.2"})
        exported.keep(tmp_path, GRAPH, [exported.Exported("onnx", 1)])
        assert exported.other_versions(tmp_path, "onnx", GRAPH) == ""
    here = exported.versions()
    reason = check_folder(tmp_path, GRAPH, golden, ["onnx"])["onnx"].reason
    assert "it was written by edgeml 0.0.9 onnx 1.2, and here is edgeml " + here["edgeml"] in reason
    assert reason.count("edgeml export RUN --to onnx writes it again") == 1
    exported.keep(tmp_path, GRAPH, [exported.Exported("onnx", 1)])
    reason = check_folder(tmp_path, GRAPH, golden, ["onnx"])["onnx"].reason
    assert "written by" not in reason and "edgeml export RUN --to onnx writes it again" in reason


def test_an_accumulator_narrower_than_proven_is_named(tmp_path: Path):
    hls = emitted("hls4ml", tmp_path)
    defines = tmp_path / "firmware/defines.h"
    line = next(line for line in defines.read_text().splitlines() if "accum_t" in line)
    width = int(line.split("<")[1].split(",")[0])
    replaced(defines, line, line.replace(f"<{width},", f"<{width - 1},"))
    (deviation,) = hls.compare_files(tmp_path, GRAPH)
    assert deviation.file == "firmware/defines.h" and f"{line!r} expected" in deviation.what


@pytest.mark.parametrize("suffix", ["h", "txt"])
def test_a_weight_of_hls4ml_is_named_with_its_index(tmp_path: Path, suffix: str):
    hls = emitted("hls4ml", tmp_path)
    path = tmp_path / f"firmware/weights/w2.{suffix}"
    text = path.read_text()
    numbers = text[text.rindex("{") + 1 : text.rindex("}")] if suffix == "h" else text
    words = numbers.split(",")
    words[17] = f" {float(words[17]) + 0.125}"
    path.write_text(text.replace(numbers, ",".join(words)))
    (deviation,) = hls.compare_files(tmp_path, GRAPH)
    assert deviation.file == f"firmware/weights/w2.{suffix}" and "expected" in deviation.what
    columns = GRAPH.info("fc1.weight").shape[1] if "fc1.weight" in GRAPH.infos else 0
    if suffix == "h" and columns:
        assert f"weight {[17 // columns, 17 % columns]} is " in deviation.what


def test_one_saturation_constant_of_verilog_is_named(tmp_path: Path):
    verilog = emitted("verilog", tmp_path)
    path = next(
        path
        for path in sorted(tmp_path.glob("*act*.v"))
        if "'d63" in path.read_text() or "'d" in path.read_text()
    )
    text = path.read_text()
    at = text.index("'d") + 2
    end = at + next(i for i, c in enumerate(text[at:]) if not c.isdigit())
    path.write_text(f"{text[:at]}{int(text[at:end]) ^ 1}{text[end:]}")
    (deviation,) = verilog.compare_files(tmp_path, GRAPH)
    assert deviation.file == path.name and "expected" in deviation.what


def test_a_promise_of_the_manifest_is_compared(tmp_path: Path):
    verilog = emitted("verilog", tmp_path)
    import json

    manifest = json.loads((tmp_path / "edgeml.json").read_text())
    manifest["latency"] += 1
    (tmp_path / "edgeml.json").write_text(json.dumps(manifest))
    (deviation,) = verilog.compare_files(tmp_path, GRAPH)
    assert deviation.what == f"latency is {manifest['latency']}, {manifest['latency'] - 1} expected"


def test_a_file_that_is_gone_is_named(tmp_path: Path):
    hls = emitted("hls4ml", tmp_path)
    (tmp_path / "firmware/weights/b2.txt").unlink()
    assert Deviation("firmware/weights/b2.txt", "is missing") in hls.compare_files(tmp_path, GRAPH)


@pytest.mark.parametrize("name", ["onnx", "qonnx"])
def test_a_weight_that_no_sample_shows_is_a_mismatch_with_its_name(tmp_path: Path, name: str):
    """The integers agree on every vector: only the file's constant says it."""
    back_end = emitted(name, tmp_path / "onnx")
    file = back_end.runners()[0].artefact

    def change(model: onnx.ModelProto) -> None:
        tensor = next(t for t in model.graph.initializer if len(t.dims) == 2 and min(t.dims) > 3)
        values = onnx.numpy_helper.to_array(tensor).copy()
        values[3, 2] = np.nextafter(values[3, 2], np.float32(9))
        tensor.CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))

    changed(tmp_path / "onnx" / file, change)
    golden = vectors.make(GRAPH, np.random.default_rng(1).random((20, *GRAPH.info(GRAPH.inputs[0]).shape)))
    row = check_folder(tmp_path, GRAPH, golden, [name])[name]
    assert row.status == "mismatch" and not row.holds and len(row.deviations) == 1
    assert "[3, 2] is " in row.deviations[0] and "differs from a fresh emission" in row.reason


@pytest.mark.parametrize("name", ["onnx", "qonnx", "qdq"])
def test_an_op_of_a_model_is_named(tmp_path: Path, name: str):
    back_end = emitted(name, tmp_path)
    path = tmp_path / back_end.runners()[0].artefact

    def change(model: onnx.ModelProto) -> None:
        node = model.graph.node[0]
        node.op_type = "Ceil"

    changed(path, change)
    found = back_end.compare_files(tmp_path, GRAPH)
    assert any("the op is " in deviation.what and "expected" in deviation.what for deviation in found)


def test_files_of_another_graph_deviate(tmp_path: Path):
    for name in backends.names():
        back_end = backends.load(name)
        if back_end.missing():
            continue
        other: Graph = zoo()["relu"]
        back_end.emit(other).write(tmp_path / name)
        assert back_end.compare_files(tmp_path / name, GRAPH), name


def test_an_old_manifest_that_does_not_say_the_stages_is_an_error_with_a_remedy(tmp_path: Path):
    import json

    verilog = emitted("verilog", tmp_path, adders_per_stage=2)
    manifest = json.loads((tmp_path / "edgeml.json").read_text())
    del manifest["options"]
    (tmp_path / "edgeml.json").write_text(json.dumps(manifest))
    with pytest.raises(EdgemlError, match="the number of adders between registers") as error:
        verilog.compare_files(tmp_path, GRAPH)
    assert error.value.hint == "export again"
