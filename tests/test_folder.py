"""Folders that are registries: what a member is, what is loaded, what is said of a broken one."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgeml import boards, datasets, passes, presets, tools
from edgeml.cli import commands
from edgeml.errors import EdgemlError
from edgeml.folder import FileFolder, ModuleFolder
from edgeml.ir import ops
from edgeml.tools import Tool
from edgeml.vendor import formats

FILES = {
    "__init__.py": "",
    "_helper.py": "raise SystemExit",
    ".hidden.py": "",
    "notes.txt": "",
    "saw.py": "TOOL = 3\nclass Saw: pass\ndef cut(): return 'cut'\n",
    "saw_blade.py": "class SawBlade(int): pass\n",
    "import_.py": "cut = 1\n",
    "keep_.py": "",
    "two-words.py": "",
    "box/__init__.py": "TOOL = 'of a package'",
    "bare/inner.py": "",
    "left_over/__pycache__/inner.cpython-311.pyc": "",
    "images/plan.svg": "",
}


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleFolder]:
    """A folder with every sort of entry."""
    for name, text in FILES.items():
        path = tmp_path / "workshop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield ModuleFolder("tool", "workshop")
    for name in [name for name in sys.modules if name.partition(".")[0] == "workshop"]:
        del sys.modules[name]


def test_members_are_the_entries_without_an_underscore(workshop: ModuleFolder) -> None:
    assert workshop.names() == ("bare", "box", "import", "keep_", "saw", "saw_blade", "two-words")
    assert not [name for name in sys.modules if name.startswith("workshop.")]


def test_members_may_be_packages_alone(workshop: ModuleFolder) -> None:
    assert ModuleFolder("tool", "workshop", whole=True).names() == ("bare", "box")


def test_load_imports_one_member(workshop: ModuleFolder) -> None:
    assert workshop.load("saw").TOOL == 3
    assert [name for name in sys.modules if name.startswith("workshop.")] == ["workshop.saw"]
    assert workshop.load("import").cut == 1
    assert workshop.declared("box", "TOOL", str) == "of a package"
    assert workshop.class_of("saw_blade", int).__name__ == "SawBlade"
    assert workshop.function("saw", "cut")() == "cut"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("sw", "unknown tool 'sw' (did you mean saw?)"),
        ("_helper", "unknown tool '_helper'"),
        ("../saw", "unknown tool '../saw'"),
        ("", "unknown tool ''"),
        ("two-words", "two-words.py: 'two-words' cannot be the name of a tool (use letters, digits and _)"),
        ("bare", "bare: the folder of a tool lacks __init__.py"),
    ],
)
def test_members_that_cannot_be_loaded(workshop: ModuleFolder, name: str, said: str) -> None:
    with pytest.raises(EdgemlError) as caught:
        workshop.load(name)
    assert said in str(caught.value)


def test_a_declaration_that_is_missing_or_of_another_type_names_the_file(workshop: ModuleFolder) -> None:
    for call, said in [
        (lambda: workshop.declared("keep_", "TOOL", Tool), "keep_.py: the file of a tool declares TOOL"),
        (lambda: workshop.declared("keep_", "TOOL", Tool), "write TOOL = Tool(...)"),
        (lambda: workshop.declared("saw", "TOOL", Tool), "saw.py: TOOL is of type int, not Tool"),
        (lambda: workshop.class_of("keep_", int), "keep_.py: the file of a tool declares Keep"),
        (lambda: workshop.class_of("saw", int), "saw.py: Saw is no subclass of int"),
        (lambda: workshop.function("keep_", "cut", "wood"), "write def cut(wood)"),
        (lambda: workshop.function("import", "cut"), "import_.py: cut is of type int, no function"),
    ]:
        with pytest.raises(EdgemlError) as caught:
            call()
        assert said in str(caught.value)


def test_data_files_that_ship_with_edgeml() -> None:
    rtl = FileFolder("Verilog file", "hw/rtl", ".v")
    assert "edgeml_fifo" in rtl.names()
    assert rtl.path("edgeml_fifo").read_text()
    with pytest.raises(EdgemlError, match="did you mean edgeml_fifo"):
        rtl.path("edgeml_fif")


def test_helpers_are_no_members_of_any_folder() -> None:
    for registry in (boards, commands, datasets, formats, ops, passes, presets, tools):
        names = registry.names()
        assert names
        assert names == tuple(sorted(names))
        with pytest.raises(EdgemlError, match="unknown"):
            registry.load("_base")


def test_an_imported_member_is_loaded_without_a_look_at_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """A back end loads an emitter per op of a graph; a helper is no member, imported or not."""
    folder = ModuleFolder("onnx op", "edgeml.backends.onnx.ops")
    module = folder.load("cast")
    with pytest.raises(EdgemlError, match="unknown onnx op '_casting'"):
        folder.load("_casting")
    monkeypatch.setattr(ModuleFolder, "entries", lambda self: pytest.fail("the folder was read"))
    assert folder.load("cast") is module


def test_the_list_of_commands_imports_nothing_heavy() -> None:
    code = (
        "import sys; from edgeml.cli.main import build_app; build_app(); "
        "print([name for name in ('numpy', 'pydantic', 'onnx', 'keras') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


ROOT = Path(__file__).resolve().parent.parent
REGISTRIES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / "edgeml").rglob("*.py")
    if re.search(r"= (Module|File)Folder\(|return ModuleFolder\(", path.read_text())
)


def test_registries_are_many() -> None:
    assert len(REGISTRIES) > 15


@pytest.mark.parametrize("path", REGISTRIES)
def test_a_registry_says_how_to_add_a_member(path: str) -> None:
    text = ast.get_docstring(ast.parse((ROOT / path).read_text()))
    assert text and re.search(r"\bTo add an? [a-z ]+, (write|add) ", text), f"{path}: To add a ..., write ..."
