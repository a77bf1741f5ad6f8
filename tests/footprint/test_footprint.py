"""The footprint of a small model: measured, kept, and compared with microcontrollers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import edgeml
from edgeml import backends, mcus
from edgeml.backends.c.largest import widest_layer
from edgeml.errors import EdgemlError
from edgeml.figures import Figure
from edgeml.footprint import FILE, CoreFigures, Footprint, fit, footprint, project_files
from edgeml.footprint.figures import NotMeasured
from edgeml.ir import Graph
from edgeml.mcus import Mcu, cores
from edgeml.mcus.program import missing
from tests.report.test_collect import iris_graph, make_run
from tests.zoo import codes, zoo


@pytest.fixture
def graph() -> Graph:
    return zoo()["cnn_2d"]


@pytest.fixture
def run(tmp_path: Path, graph: Graph, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EDGEML_CACHE", str(tmp_path / "cache"))
    backends.load("c").emit(graph).write(tmp_path / "c")
    return tmp_path


def figures(**changes: int) -> CoreFigures:
    values = {"code": 1000, "constants": 2000, "support": 100, "arena": 4000, "buffers": 96, "stack": 200}
    cycles = Figure(value=150_000, low=100_000, high=200_000)
    return CoreFigures(
        core="cortex-m0plus",
        compiler="gcc 12",
        emulator="qemu 7",
        instructions=90_000.0,
        cycles=cycles,
        timing="manual",
        samples=16,
        layers=(),
        **{**values, **changes},
    )


def of(*cores_: CoreFigures, missing_: tuple[NotMeasured, ...] = ()) -> Footprint:
    return Footprint(
        graph="g",
        files="f",
        cores=cores_,
        missing=missing_,
        promised_arena=4000,
        constants=2000,
        buffers=96,
        widest="conv2",
        widest_bytes=3900,
        largest="fc1",
        largest_bytes=1800,
    )


def with_memory(mcu: Mcu, flash: int, ram: int) -> Mcu:
    return mcu.model_copy(
        update={
            "flash": mcu.flash.model_copy(update={"kib": flash}),
            "ram": mcu.ram.model_copy(update={"kib": ram}),
        }
    )


@pytest.mark.parametrize(
    ("flash", "ram", "verdict", "lacking"),
    [
        (2048, 256, "fits", ()),
        (2048, 5, "tight", ()),  # 4,296 of 5,120
        (2048, 4, "does not fit", ("RAM: 200 bytes missing of 4,296 needed",)),
        (3, 256, "does not fit", ("flash: 28 bytes missing of 3,100 needed",)),
    ],
)
def test_fit(flash: int, ram: int, verdict: str, lacking: tuple[str, ...]) -> None:
    row = fit(with_memory(mcus.load("rp2040"), flash, ram), of(figures()))
    assert (row.verdict, row.lacking) == (verdict, lacking)
    expected = {
        4: "the widest layer is conv2 with 3,900 bytes of the arena in use",
        3: "the largest layer is fc1 with 1,800 bytes of constants",
    }
    assert row.widest == (expected[min(flash, ram)] if lacking else "")
    assert row.latency is not None
    assert row.latency.value == pytest.approx(150_000 / 133e6 * 1e9)


def test_without_a_compiler_the_least_is_known() -> None:
    reason = NotMeasured(core="cortex-m0plus", reason="no compiler")
    row = fit(mcus.load("rp2040"), of(missing_=(reason,)))
    assert (row.verdict, row.reason, row.latency) == ("unknown", "no compiler", None)
    assert [need.figure.value for need in row.needs] == [2000, 4096]
    small = fit(with_memory(mcus.load("rp2040"), 1, 256), of(missing_=(reason,)))
    assert (small.verdict, small.lacking) == ("does not fit", ("flash: 976 bytes missing of 2,000 needed",))
    assert small.widest == "the largest layer is fc1 with 1,800 bytes of constants"


def test_project_files_have_flags_and_memory() -> None:
    files = project_files(fit(mcus.load("stm32f446re"), of()))
    assert set(files) == {"mcu/stm32f446re.mk", "mcu/stm32f446re.ld"}
    assert b"-mcpu=cortex-m4 -mthumb" in files["mcu/stm32f446re.mk"]
    assert b"FLASH (rx) : ORIGIN = 0x08000000, LENGTH = 512K" in files["mcu/stm32f446re.ld"]
    assert b"RAM (rwx) : ORIGIN = 0x20000000, LENGTH = 128K" in files["mcu/stm32f446re.ld"]


def test_the_widest_layer_holds_the_arena(graph: Graph, run: Path) -> None:
    layer, used = widest_layer(graph)
    promised = footprint(run, graph, dict, []).promised_arena
    assert layer in {node.layer for node in graph.nodes}
    assert 0 < used <= promised


@pytest.mark.tool
def test_a_model_is_measured_once(run: Path, graph: Graph) -> None:
    if reason := missing(cores.load("cortex-m4")):
        pytest.skip(reason)
    asked: list[str] = []
    vectors = codes(graph)
    first = footprint(run, graph, lambda: vectors, ["cortex-m4"], asked.append)
    (core,) = first.cores
    assert core.arena <= first.promised_arena
    assert core.constants >= first.constants > 0
    assert core.buffers == first.buffers
    assert core.code == sum(one.code for one in core.layers) or core.code > sum(o.code for o in core.layers)
    assert core.instructions == pytest.approx(sum(one.instructions for one in core.layers))
    assert core.cycles.least >= 0.9 * core.instructions
    assert core.cycles.value == pytest.approx(sum(one.cycles.value for one in core.layers))
    assert {one.layer for one in core.layers if one.layer} <= {n.layer.replace(".", "_") for n in graph.nodes}
    assert sum(one.constants for one in core.layers) >= first.constants
    assert footprint(run, graph, lambda: pytest.fail("measured again"), ["cortex-m4"], asked.append) == first
    assert asked == ["cortex-m4"]
    assert Footprint.read(run / FILE) == first
    source = run / "c" / "src" / "model.c"
    source.write_text(source.read_text() + "/* changed */\n")
    again = footprint(run, graph, lambda: vectors, ["cortex-m4"], asked.append)
    assert asked == ["cortex-m4"] * 2
    assert again.files != first.files
    assert again.cores == first.cores


def test_a_missing_compiler_is_the_cores_row(
    run: Path, graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(run))
    result = footprint(run, graph, dict, ["riscv32"])
    assert not result.cores
    assert "apt-get install gcc-riscv64-unknown-elf" in result.missing[0].reason


def test_without_c_the_remedy_is_said(tmp_path: Path, graph: Graph) -> None:
    with pytest.raises(EdgemlError, match="no C was exported") as caught:
        footprint(tmp_path, graph, dict, ["cortex-m4"])
    assert "--to c" in caught.value.hint


def test_fit_of_a_run_in_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = iris_graph()
    run = make_run(tmp_path / "iris", graph)
    backends.load("c").emit(graph).write(run.folder / "c")
    monkeypatch.setenv("PATH", str(tmp_path))
    asked: list[str] = []
    rows = edgeml.fit_mcus(run, ["rp2040", "esp32-c3"], asked.append)
    assert [row.mcu.name for row in rows] == ["rp2040", "esp32-c3"]
    assert asked == ["cortex-m0plus", "riscv32"]
    assert {row.verdict for row in rows} == {"unknown"}
    assert "apt-get install gcc-arm-none-eabi" in rows[0].reason


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"constant_bytes": 1 << 45}, "constant_bytes"),
        ({"inputs": [{"shape": [1 << 30]}]}, "another type than"),
    ],
)
def test_a_damaged_manifest_is_one_error(run: Path, graph: Graph, change: dict[str, Any], what: str) -> None:
    path = run / "c" / "edgeml.json"
    manifest = json.loads(path.read_text())
    for key, value in change.items():
        if isinstance(value, list):
            manifest[key] = [{**port, **changed} for port, changed in zip(manifest[key], value, strict=True)]
        else:
            manifest[key] = value
    path.write_text(json.dumps(manifest))
    with pytest.raises(EdgemlError, match=what):
        footprint(run, graph, dict, ())
    assert not (run / FILE).exists()
