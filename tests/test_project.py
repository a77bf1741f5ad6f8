"""The project as a whole: rules no linter has, the lock file, what ships, what an import loads."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

import edgeml
from edgeml.errors import EdgemlError
from edgeml.share import share_dir

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "edgeml"
SOURCES = sorted(PACKAGE.rglob("*.py")) + sorted((ROOT / "models").glob("*.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCK = (ROOT / "requirements.lock").read_text()


def run(*command: str | Path, **options: Any) -> str:
    """Standard output of a command that has to succeed; what it said on stderr if it does not."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240, **options)
    assert done.returncode == 0, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


# ---------------------------------------------------------------- sources


def offenders(rule: Callable[[str], list[int]]) -> dict[str, list[int]]:
    """File -> the lines that break `rule`, for those files of edgeml and models that do."""
    found = {str(path.relative_to(ROOT)): rule(path.read_text()) for path in SOURCES}
    assert len(found) > 50
    return {name: lines for name, lines in found.items() if lines}


def unsafe_loads(source: str) -> list[int]:
    """A `np.load(...)` that does not say allow_pickle=False: a pickle in it would run code."""
    if ".load" not in source:  # parsing every file takes a second
        return []
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in {"np.load", "numpy.load"}
        and not any(k.arg == "allow_pickle" and ast.unparse(k.value) == "False" for k in node.keywords)
    ]


def unsafe_modes(source: str) -> list[int]:
    """A `safe_mode=` other than True: a .keras file with a Lambda would run code."""
    if "safe_mode" not in source:
        return []
    return [
        node.value.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.keyword) and node.arg == "safe_mode" and ast.unparse(node.value) != "True"
    ]


def empty_containers(source: str) -> list[int]:
    """An empty list, dict or set at module level: a cache or a registry waiting to be filled."""
    empty = {
        "[]",
        "{}",
        "list()",
        "dict()",
        "set()",
        "defaultdict(list)",
        "defaultdict(dict)",
        "OrderedDict()",
    }
    if not re.search(r"^\w.*=\s*(\[\]|\{\}|\w+\()", source, re.MULTILINE):
        return []
    return [
        node.lineno
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        and node.value is not None
        and ast.unparse(node.value) in empty
    ]


def lines_too_many(source: str) -> list[int]:
    """The number of the last line, if the file is longer than a reader wants it."""
    last = source.count("\n")
    return [last] if last > 450 else []


@pytest.mark.parametrize("rule", [unsafe_loads, unsafe_modes, empty_containers, lines_too_many])
def test_rules_that_ruff_does_not_have(rule: Callable[[str], list[int]]) -> None:
    assert offenders(rule) == {}


def test_the_source_rules_find_what_they_look_for() -> None:
    assert unsafe_loads("import numpy as np\nnp.load(f)\nnp.load(f, allow_pickle=False)") == [2]
    assert unsafe_loads("numpy.load(f, allow_pickle=True)") == [1]
    assert unsafe_modes("load(f, safe_mode=True)\nload(f, safe_mode=False)") == [2]
    assert lines_too_many("\n" * 450) == []
    assert lines_too_many("\n" * 451) == [451]
    assert empty_containers("a = {}\nb: list[int] = []\nc = (1,)\n\ndef f():\n    d = {}") == [1, 2]


# ---------------------------------------------------------------- imports


def test_import_loads_no_heavy_library() -> None:
    """The modules that are loaded are asserted, not the time: that would depend on the machine."""
    heavy = [
        "da4ml",
        "hls4ml",
        "jinja2",
        "keras",
        "onnx",
        "onnx_ir",
        "onnxruntime",
        "qkeras",
        "qonnx",
        "rich",
    ]
    heavy += ["pydantic", "scipy", "sklearn", "sympy", "tensorflow", "typer"]
    assert loaded("import edgeml", heavy) == []


def loaded(statement: str, names: list[str]) -> list[str]:
    """Those of the top-level modules `names` that a fresh interpreter has loaded after `statement`."""
    code = f"{statement}\nimport sys\nprint(*[name for name in {names!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    return done.stdout.split()


def test_the_import_check_sees_a_loaded_module() -> None:
    assert loaded("import json.decoder", ["json", "tensorflow"]) == ["json"]


# ---------------------------------------------------------------- lock


def requirements() -> list[str]:
    project = PROJECT["project"]
    extras: dict[str, list[str]] = project["optional-dependencies"]
    plain = [
        *project["dependencies"],
        *PROJECT["dependency-groups"]["dev"],
        *PROJECT["build-system"]["requires"],
    ]
    return sorted({*plain, *(line for extra in extras.values() for line in extra)})


def locked(python: str) -> dict[str, str]:
    """Package -> version that the lock gives to this Python on Linux."""
    environment = {"python_version": python, "python_full_version": f"{python}.0", "sys_platform": "linux"}
    pins: dict[str, str] = {}
    for line in re.findall(r"^[A-Za-z0-9][^\n\\]*", LOCK, flags=re.MULTILINE):
        requirement = Requirement(line.strip())
        if requirement.marker is None or requirement.marker.evaluate(environment):
            assert requirement.name not in pins, f"two versions of {requirement.name} for Python {python}"
            (pin,) = requirement.specifier
            assert pin.operator == "=="
            pins[requirement.name] = pin.version
    return pins


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("line", requirements())
def test_lock_satisfies_the_project(line: str, python: str) -> None:
    requirement = Requirement(line)
    if (
        requirement.name == PROJECT["project"]["name"]
    ):  # an extra made of extras, whose parts are tested themselves
        assert requirement.extras <= set(PROJECT["project"]["optional-dependencies"])
        return
    version = locked(python).get(requirement.name)
    assert version is not None, "not in requirements.lock: run make lock"
    assert requirement.specifier.contains(version), f"the lock has {version}: run make lock"


def test_lock_is_hashed_and_names_no_host() -> None:
    pins = re.findall(r"^[A-Za-z0-9]", LOCK, flags=re.MULTILINE)
    hashed = re.findall(r"^[A-Za-z0-9][^\n]*\\\n    --hash=sha256:[0-9a-f]{64}", LOCK, flags=re.MULTILINE)
    assert len(hashed) == len(pins) > 50
    assert re.findall(r"https?:|file:|--find-links|--index-url|--extra-index-url|--trusted-host", LOCK) == []


# ---------------------------------------------------------------- what ships


@pytest.mark.parametrize("name", ["hw", "models"])
def test_shared_folders_of_the_checkout(name: str) -> None:
    assert share_dir(name) == ROOT / name


def test_unknown_shared_folder() -> None:
    with pytest.raises(EdgemlError, match="did you mean models"):
        share_dir("model")


def test_missing_shared_folder(tmp_path: Path) -> None:
    """A copy of share.py in a package that lost its data says so instead of reading a neighbour's folder."""
    (tmp_path / "edgeml" / "share_data").mkdir(parents=True)
    copy = tmp_path / "edgeml" / "share.py"
    copy.write_text((PACKAGE / "share.py").read_text())
    (tmp_path / "models").mkdir()
    spec = importlib.util.spec_from_file_location("edgeml_share_copy", copy)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with pytest.raises(EdgemlError, match=r"share_data.models: a folder that ships with edgeml is missing"):
        module.share_dir("models")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", out, ROOT)
    (built,) = out.glob("*.whl")
    return built


def shipped(folder: str) -> set[str]:
    files = {path.relative_to(ROOT) for path in (ROOT / folder).rglob("*") if path.is_file()}
    return {str(path) for path in files if "__pycache__" not in path.parts}


@pytest.mark.slow
def test_wheel_holds_every_file_and_nothing_else(wheel: Path) -> None:
    wanted = shipped("edgeml") | {f"edgeml/share_data/{name}" for name in shipped("models") | shipped("hw")}
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert names == wanted | {"edgeml_toolkit.py"}
    assert wheel.name == f"edgeml_toolkit-{edgeml.__version__}-py3-none-any.whl"


_AWAY = """
import json, pathlib, sys
root = pathlib.Path(sys.argv[1])
sys.path = [path for path in sys.path if pathlib.Path(path or ".").resolve() != root]
import edgeml
from edgeml import boards, presets
board, preset = boards.load("pynq-z2"), presets.load("digits_mlp")
json.dump([edgeml.__file__, boards.names(), presets.names(), board.part, preset.name], sys.stdout)
"""


@pytest.mark.slow
def test_wheel_works_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """Boards and presets are read from an installed wheel, in a process that cannot see the checkout."""
    site = tmp_path / "site"
    run(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", site, wheel)
    environment = {**os.environ, "PYTHONPATH": str(site)}
    found = json.loads(run(sys.executable, "-c", _AWAY, ROOT, cwd=tmp_path, env=environment))
    where, boards, presets, part, preset = found
    assert Path(where) == site / "edgeml" / "__init__.py"
    assert boards == sorted(path.stem for path in (ROOT / "hw" / "boards").glob("*.toml"))
    assert presets == sorted(path.stem for path in (ROOT / "models").glob("[a-z]*.py"))
    assert (part, preset) == ("xc7z020clg400-1", "digits_mlp")


# ---------------------------------------------------------------- commands


def test_make_explains_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, flags=re.MULTILINE)
    explained = re.findall(r"^  ([a-z0-9-]+) +\S", run("make", "-s", cwd=ROOT), flags=re.MULTILINE)
    assert explained == phony.split()


def test_every_edgeml_command_of_the_makefile_exists() -> None:
    used = set(re.findall(r"\$\(EDGEML\) ([a-z]+)", (ROOT / "Makefile").read_text()))
    assert used == {"run", "train", "export", "check", "synth", "explore", "report"}
    help_text = run(Path(sys.executable).with_name("edgeml"), "--help")
    assert {name for name in used if not re.search(rf"\b{name}\b", help_text)} == set()


def find_python(*arguments: str, path: str | None = None) -> Any:
    environment = {**os.environ, "PATH": path} if path else None
    script = ["/bin/bash", str(ROOT / "scripts/find-python"), *arguments]
    return subprocess.run(script, env=environment, capture_output=True, text=True, check=False, timeout=60)


def test_find_python_takes_what_is_asked_for() -> None:
    assert find_python(sys.executable).stdout.strip() == sys.executable


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("echo 3.9", "is 3.9"),
        ("echo 3.14", "is 3.14"),
        ("exit 1", "does not run"),
        ('[[ $2 != *ensurepip* ]] && echo 3.12', "3.12 lacks the venv module"),
    ],
)  # fmt: skip
def test_find_python_refuses_in_one_sentence(script: str, reason: str, tmp_path: Path) -> None:
    fake = tmp_path / "python3"
    fake.write_text(f"#!/bin/bash\n{script}\n")
    fake.chmod(0o755)
    done = find_python(path=str(tmp_path))
    assert done.returncode == 2
    assert reason in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_find_python_prefers_python3_and_passes_over_an_unsuitable_one(tmp_path: Path) -> None:
    def fake(name: str, version: str) -> None:
        (tmp_path / name).write_text(f"#!/bin/bash\n[[ $2 == *version_info* ]] && echo {version}\nexit 0\n")
        (tmp_path / name).chmod(0o755)

    for name, version in {"python3": "3.9", "python3.12": "3.12", "python3.11": "3.11"}.items():
        fake(name, version)
    assert find_python(path=str(tmp_path)).stdout == "python3.12\n"
    fake("python3", "3.11")
    assert find_python(path=str(tmp_path)).stdout == "python3\n"


def test_the_citation_names_this_version() -> None:
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {edgeml.__version__}\n" in text


@pytest.mark.parametrize("name", sorted(p.name for p in (ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml")))
def test_issue_templates_are_readable(name: str) -> None:
    form = yaml.safe_load((ROOT / ".github/ISSUE_TEMPLATE" / name).read_text(encoding="utf-8"))
    assert {"name", "description", "body"} <= set(form)
    assert all({"type", "id", "attributes"} <= set(field) for field in form["body"])
