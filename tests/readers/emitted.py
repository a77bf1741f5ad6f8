"""Readers of the C back end, of microcontrollers, of quantized runs and of projects that others wrote."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from edgeml import backends, mcus
from edgeml.backends.c.fresh import compare_program
from edgeml.backends.c.largest import constants_by_function
from edgeml.backends.c.ports import MANIFEST, CManifest
from edgeml.backends.c.runner import check_ports, packed, written
from edgeml.diagnose.hls4ml import trace
from edgeml.diagnose.hls4ml.cause import LayerEvidence, explain_layer
from edgeml.diagnose.hls4ml.source import read_project
from edgeml.files import FileSet
from edgeml.footprint import Footprint, footprint
from edgeml.footprint.of_run import earlier_footprint
from edgeml.keras.compiled import loss_of_file
from edgeml.ptq.record import QuantizationRecord, SensitivityRow, TensorRow
from edgeml.share import share_dir
from edgeml.training.small.pruning_record import PruningSensitivity
from tests.footprint.test_footprint import figures, of
from tests.readers.case import Case
from tests.readers.damage import any_bytes, any_json, any_member
from tests.report.samples import sample_graph, sample_pruning

SAMPLES = 20
_TIMES = 200

_SOURCE = "src/model.c"

_CPP = b"""#include "parameters.h"
void net(
    input_t x[4],
    result_t layer2_out[3]
) {
    nnet::load_weights_from_txt<weight2_t, 12>(w2, "w2.txt");
    // hls-fpga-machine-learning insert layers
    nnet::dense<input_t, result_t, config2>(x, layer2_out, w2, b2); // fc
}
"""
_DEFINES = b"""typedef ap_fixed<16,6> input_t;
typedef ap_fixed<6,1> weight2_t;
typedef ap_ufixed<6,2,AP_RND_CONV,AP_SAT,0> result_t;
"""
_PARAMETERS = b"struct config2 : nnet::dense_config {\n    typedef result_t accum_t;\n};\n"
_WEIGHTS = ", ".join(f"{number / 32:g}" for number in range(-6, 6)).encode()
_FOREIGN = {
    "firmware/net.cpp": _CPP,
    "firmware/defines.h": _DEFINES,
    "firmware/parameters.h": _PARAMETERS,
    "firmware/weights/w2.txt": _WEIGHTS,
}


def emitted_cases() -> dict[str, Case]:
    """The cases, by name."""
    cases = {**_c(), **_footprints(), **_foreign(), **_traces(), **_others()}
    return {name: replace(case, times=_TIMES) for name, case in cases.items()}


def _c() -> dict[str, Case]:
    graph = sample_graph()
    files = backends.load("c").emit(graph)
    manifest = CManifest.parse(files[MANIFEST], MANIFEST)
    rng = np.random.default_rng(0)
    codes = {one.value: rng.integers(0, 2, (SAMPLES, *one.shape)) for one in manifest.outputs}
    ports = ("backends.c.ports", "backends.c.runner")
    return {
        "C manifest": Case(
            ports,
            MANIFEST,
            files[MANIFEST],
            lambda path: check_ports(CManifest.read(path), graph, path.parent),
            (any_bytes, any_json),
        ),
        "output of the C": Case(
            ports,
            "out",
            packed(manifest.outputs, codes),
            lambda path: written(path, manifest.outputs, SAMPLES, str(path)),
        ),
        "C manifest against a fresh one": Case(
            ("backends.c.fresh",),
            MANIFEST,
            files[MANIFEST],
            lambda path: compare_program(path.parent, files),
            (any_bytes, any_json),
            _beside(files, MANIFEST),
        ),
        "C against fresh C": Case(
            ("backends.c.fresh",),
            _SOURCE,
            files[_SOURCE],
            lambda path: compare_program(path.parent.parent, files),
            beside=_beside(files, _SOURCE),
            wanted=False,
        ),
    }


def _beside(files: FileSet, but: str, folder: str = "") -> Mapping[str, bytes]:
    """All files but one."""
    return {f"{folder}{name}": files[name] for name in files if name != but}


def _footprints() -> dict[str, Case]:
    graph = sample_graph()
    files = backends.load("c").emit(graph)
    known = of(figures()).to_json().encode()
    return {
        "footprint": Case(("footprint.figures",), "mcus.json", known, Footprint.read, (any_bytes, any_json)),
        "footprint of an earlier command": Case(
            ("footprint.of_run",),
            "mcus.json",
            known,
            lambda path: earlier_footprint(path.parent, graph),
            (any_bytes, any_json),
            {f"c/{name}": files[name] for name in files},
            wanted=False,
        ),
        "C whose footprint is measured": Case(
            ("footprint.of_run",),
            f"c/{MANIFEST}",
            files[MANIFEST],
            lambda path: footprint(path.parent.parent, graph, dict, ()),
            (any_bytes, any_json),
            _beside(files, MANIFEST, "c/"),
        ),
        "C whose arrays are counted": Case(
            ("backends.c.largest",),
            "model.c",
            files[_SOURCE],
            lambda path: constants_by_function((path,)),
            wanted=False,
        ),
    }


def _foreign() -> dict[str, Case]:
    kernel = np.arange(-6, 6).reshape(4, 3) / 32

    def explained(folder: Path) -> str:
        project = read_project(folder)
        ones = np.ones((5, 3))
        layer, source = SimpleNamespace(kernel=kernel, bias=None), np.ones((5, 4))
        return explain_layer(LayerEvidence(project, project.layers[0], layer, source, ones, ones / 2))

    def read(path: Path) -> Any:
        project = read_project(path.parent.parent)
        return project.traced_text(), trace.main_program(project, 4)

    def beside(name: str) -> Mapping[str, bytes]:
        return {other: content for other, content in _FOREIGN.items() if other != name}

    sources = {
        f"hls4ml project of others, {name}": Case(
            ("diagnose.hls4ml.source",), name, content, read, beside=beside(name)
        )
        for name, content in _FOREIGN.items()
        if name.endswith((".cpp", "defines.h"))
    }
    name = "firmware/parameters.h"
    return {
        **sources,
        f"hls4ml project of others, {name}": Case(
            ("diagnose.hls4ml.source",), name, _PARAMETERS, read, beside=beside(name), wanted=False
        ),
        "hls4ml weights of others": Case(
            ("diagnose.hls4ml.cause",),
            "firmware/weights/w2.txt",
            _WEIGHTS,
            lambda path: explained(path.parents[2]),
            beside=beside("firmware/weights/w2.txt"),
        ),
    }


def _traces() -> dict[str, Case]:
    names = b"x 4\nfc 3\n"
    numbers = np.arange(SAMPLES * 7, dtype="<f8").tobytes()

    def read(path: Path) -> Any:
        return trace.written(path.parent, SAMPLES, str(path.parent))

    modules = ("diagnose.hls4ml.trace",)
    return {
        "names of traced layers": Case(modules, "names", names, read, beside={"out": numbers}),
        "numbers of traced layers": Case(modules, "out", numbers, read, beside={"names": names}),
    }


def _others() -> dict[str, Case]:
    return {
        "microcontroller": Case(
            ("boards.model",), "mine.toml", (share_dir("hw") / "mcus" / "rp2040.toml").read_bytes(), mcus.load
        ),
        "quantize.json": Case(
            ("ptq.record",),
            "quantize.json",
            _record().to_json().encode(),
            QuantizationRecord.read,
            (any_bytes, any_json),
        ),
        "pruning.json": Case(
            ("training.small.pruning_record",),
            "pruning.json",
            sample_pruning().to_json().encode(),
            PruningSensitivity.read,
            (any_bytes, any_json),
        ),
        "loss in a .keras file": Case(
            ("keras.compiled",),
            "net.keras",
            _archive(),
            loss_of_file,
            (any_bytes, any_member("config.json", any_json)),
        ),
    }


def _record() -> QuantizationRecord:
    return QuantizationRecord(
        samples="100 of the training split",
        measure="accuracy",
        judged=100,
        float_percent=98.0,
        percent=97.0,
        sqnr_db=30.5,
        bit_operations=1000,
        widest=1000,
        method="mse",
        corrections=("bias",),
        tensors=(
            TensorRow(layer="fc", tensor="weights", name="w", bits=8, type="t", sqnr_db=40.0, saturated=0.0),
        ),
        sensitivity=(SensitivityRow(layer="fc", tensor="weights", bits=4, loss=0.5, sqnr_db=20.0),),
        seconds=1.5,
    )


def _archive() -> bytes:
    loss = {"class_name": "SparseCategoricalCrossentropy", "config": {"from_logits": True}}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("config.json", json.dumps({"config": {}, "compile_config": {"loss": loss}}))
    return buffer.getvalue()
