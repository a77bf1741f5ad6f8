"""No reader is forgotten: who opens a file goes through the one opener, and is damaged in these tests."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import edgeml
from tests.readers.cases import cases

SOURCE = Path(edgeml.__file__).parent

RAW = {
    "read_bytes": "Path.read_bytes", "read_text": "Path.read_text", "open": "open", "fromfile": "np.fromfile",
    "load": "np.load, json.load", "loads": "json.loads, tomllib.loads", "ZipFile": "zipfile.ZipFile",
}  # fmt: skip
"""Methods that open or take apart a file without `edgeml.files`, `edgeml.reading` or `edgeml.archives`."""

OWN = {
    "checks.bound": "a configuration in memory",
    "files": "the opener",
    "explore.page": "templates that ship with edgeml",
    "install": "pip's records of this installation",
    "reading": "the JSON reader",
    "importers.hgq2_reader.foreign": "samples that edgeml has just written, in a Python without edgeml",
    "importers.hls4ml_config": "YAML, read without tags within its errors",
    "archives": "the zip and npz reader",
    "estimate.ledger": "a file that lines are added to under a lock; read through the opener",
    "vendor.formats.intel_hls": "text that the opener read; its errors are vendor's",
    "locks": "/proc and the lock files of its own; heals itself",
    "processes": "/proc",
    "presets.stored": "writes an archive into a staged file; read through the opener",
    "share": "what ships with edgeml",
    "settings": "tomllib, within its errors",
    "tools._process": "logs, read with any bytes in them",
    "tools._wasm": "an installed program and the lock of its compilation",
    "tools.yosys": "a netlist, which may be larger than JSON's limit",
    "tools.verilator": "sources that were read and checked before",
    "backends.onnx.int8": "a file that ONNX Runtime wrote a moment before",
    "backends.hls4ml.fresh": "two manifests to compare",
    "backends.hls4ml.csim": "np.fromfile of what its own program wrote; sizes are compared",
    "backends.hls4ml.project": "what hls4ml wrote a moment before",
    "backends.verilog.runner": "np.fromfile of what its own program wrote",
    "backends.verilog.interpreted": "text that its own bench wrote",
    "backends.verilog.probe": "np.fromfile of what its own program wrote",
    "backends.verilog.build": "what ships with edgeml",
    "backends.verilog.proof.driver": "np.fromfile of what its own program wrote",
    "backends.verilog.proof.streamed.bench": "np.fromfile of what its own program wrote",
    "backends.verilog.proof.frame": "what ships with edgeml",
    "estimate.calibration": "what ships with edgeml",
    "estimate.placement": "what ships with edgeml",
    "keras.load": "copies an archive whose directory was checked",
    "report.layout": "what ships with edgeml",
    "report.machine": "/proc/cpuinfo",
    "synth.dma.drivers": "what ships with edgeml",
    "synth.dma.system": "what ships with edgeml",
    "synth.dma.pynq_driver": "runs on the board, without edgeml",
    "synth.steps": "digests of files, read in pieces",
    "synth.top.board_top": "what ships with edgeml",
    "synth.top.port": "a serial line",
    "synth.top.simulate": "what its own program wrote",
    "synth.vendors.quartus": "what ships with edgeml",
    "synth.vendors.vivado": "what ships with edgeml",
    "cli.commands.report": "report.json, written a moment before",
    "cli.commands.run": "report.json, written a moment before",
}
"""Modules that may, and why."""

ELSEWHERE = {
    "estimate.calibration": "what ships with edgeml",
    "estimate.verilog.placement": "what ships with edgeml",
    "backends.hls4ml.csim": "sources of the project, for a digest",
    "checks.board": "tests/checks/test_board.py: logs of boards",
    "checks.bound": "one that is damaged counts as edited: tests/checks",
    "checks.earlier": "digests only",
    "runs": "a digest only",
    "pipeline.cluster": "bytes that travel as they are; tests/explore/test_cluster.py",
    "serve.app": "tests/serve/test_serve.py: requests; its own templates",
    "keras.run": "a digest only",
    "training.cluster": "tests/training/test_replicas.py: TF_CONFIG, an environment variable",
    "training.replicas": "bytes that are given to other workers as they are",
    "checks.proof": "fresh emissions against files",
    "presets.prepare_code": "what ships with edgeml",
    "checks.compared": "digests only",
    "backends.hls4ml.constants": "tests/prove/test_hls4ml.py: weights that are none",
    "backends.hls4ml.driver": "sources of the project, for a digest; numbers that its own program wrote",
    "backends.hls4ml.firmware": "tests/prove/test_hls4ml.py: damaged C++",
    "backends.hls4ml.library": "bytes to compare with the installed headers",
    "backends.hls4ml.fresh": "bytes to compare with a fresh emission",
    "backends.onnx.backend": "bytes to compare with a fresh emission",
    "backends.qdq.backend": "bytes to compare with a fresh emission",
    "backends.qonnx.backend": "bytes to compare with a fresh emission",
    "backends.verilog.fresh": "bytes to compare with a fresh emission",
    "backends.verilog.proof.prover": "tests/prove/test_verilog.py: Verilog",
    "tools.verilator": "sources, as bytes",
    "vendor.base": "tests/vendor/test_damaged.py: reports of vendors",
    "report.floats": "test_models.py: ONNX files",
    "backends.onnx.runner": "test_models.py: ONNX files",
    "backends.onnx.prover": "tests/prove: ONNX files",
    "backends.qonnx.prover": "tests/prove: ONNX files",
    "backends.onnx.int8": "test_models.py: ONNX files",
    "backends.qonnx.runner": "test_models.py: ONNX files",
    "keras.load": "test_models.py: .keras files",
    "importers.hgq2_reader.archive": "tests/importers/test_contract.py: archives of HGQ2",
    "importers.hgq2_reader.source": "results that HGQ2 has just written",
    "keras.stored": "test_models.py: .keras files",
    "keras.rebuild": "test_models.py: files of Keras 2",
    "keras.writer": "test_models.py: .keras files",
    "importers.hls4ml_config": "tests/cli/test_import_types.py: configurations that are none",
    "importers.run": "the user's file, whose reader is in tests/importers/test_contract.py",
    "synth.read": "manifests, through their readers",
    "synth.vendors.hls": "the manifest, one key of it",
    "synth.vendors.projects": "sources that the manifest lists, as bytes",
    "report.sections.hardware.collect": "the manifest, one key of it; a damaged one does not count",
    "backends.c.driver": "numbers that its own program wrote; their count is compared",
    "backends.c.build": "what ships with edgeml",
    "backends.c.compilers": "what a compiler wrote a moment before",
    "lint.opening": "test_models.py: what keras.load and the importers read",
    "mcus.program": "C, as bytes for a digest",
    "mcus.emulate": "tests/mcus/test_emulation.py: results of programs",
    "pipeline.artefacts": "test_models.py: ONNX files",
    "ptq.run": "test_models.py: float models",
    "pipeline": "the manifest, one key of it",
}
"""Modules that read through the openers and are not damaged here, and where they are or why not."""

OPENERS = {"read_bytes", "read_json", "parse_json", "read_npz", "read_toml", "opened"}
DATASETS = "datasets"


def _modules(words: Iterable[str]) -> Iterator[tuple[str, ast.Module]]:
    """The modules that have one of the words, parsed: parsing all of them takes a second."""
    for path in sorted(SOURCE.rglob("*.py")):
        name = ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")
        source = path.read_text(encoding="utf-8")
        if "share_data" not in name and any(word in source for word in words):
            yield name, ast.parse(source)


def _raw(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in RAW:
            base = node.func.value
            on = base.id if isinstance(base, ast.Name) else ""
            if node.func.attr in ("load", "loads") and on not in (
                "np",
                "numpy",
                "json",
                "tomllib",
                "pickle",
                "yaml",
            ):
                continue
            if node.func.attr == "open" and on in ("Run", "webbrowser", "self", "cls"):
                continue
            found.add(f"{on}.{node.func.attr}")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open":
            found.add("open")
    return found


def test_files_are_opened_in_one_place() -> None:
    found = {name: raw for name, tree in _modules(RAW) if (raw := _raw(tree))}
    strange = {name: raw for name, raw in found.items() if name not in OWN and not name.startswith(DATASETS)}
    assert not strange, "read through edgeml.files, edgeml.reading or edgeml.archives"


def test_every_reader_is_damaged_somewhere() -> None:
    readers = {
        name
        for name, tree in _modules(OPENERS)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")) in OPENERS
        and not (isinstance(node.func, ast.Attribute) and node.func.attr in ("read_bytes", "opened"))
    }
    documents = {
        name
        for name, tree in _modules(("(Document)", "Document,", ", Document"))
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "Document" for base in node.bases)
    }
    here = {module for case in cases().values() for module in case.modules}
    forgotten = {
        name
        for name in (readers | documents) - here - set(ELSEWHERE)
        if not name.startswith(DATASETS) and name not in ("files", "reading", "archives")
    }
    assert not forgotten, "add it to tests/readers/cases.py"
