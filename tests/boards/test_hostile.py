"""Board files that mean harm: refused by name, and where a text slipped through no script would run it.

Two walls, each tried alone: the patterns of `edgeml.boards`, and with those switched off the writers.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from edgeml import boards
from edgeml.boards import Board, Flow
from edgeml.errors import EdgemlError
from edgeml.share import share_dir
from edgeml.synth import top as serial_top
from edgeml.synth.top import constraints
from edgeml.synth.vendors.projects import project_of
from tests.synth.top.cores import parallel
from tests.test_quoting import HOSTILE

GOOD = (share_dir("hw") / "boards" / "ulx3s-85f.toml").read_text()
_BY_FLOW = (
    "basys3",
    "pynq-z2",
    "de10-nano",
    "vu13p",
    "ulx3s-85f",
    "icebreaker",
    "tangnano9k",
    "certuspro-nx",
)


def texts(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The places of a board's texts, but for those that are one of a list."""
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from texts(getattr(value, name), (*path, name))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from texts(item, (*path, index))
    elif isinstance(value, str) and not isinstance(value, Flow):
        yield path


def put(value: Any, path: tuple[str | int, ...], text: str) -> Any:
    """The board with a text in that place, unchecked."""
    if not path:
        return text
    first, *rest = path
    if isinstance(value, tuple):
        assert isinstance(first, int)
        return (*value[:first], put(value[first], tuple(rest), text), *value[first + 1 :])
    return value.model_copy(update={first: put(getattr(value, str(first)), tuple(rest), text)})


PLACES = [
    pytest.param(path, id=".".join(map(str, path)))
    for path in texts(boards.load("ulx3s-85f"))
    if path != ("name",)
]


@pytest.mark.parametrize("path", PLACES)
def test_every_text_of_a_board_has_a_pattern(path: tuple[str | int, ...]) -> None:
    board = boards.load("ulx3s-85f")
    for text in HOSTILE:
        plain = put(board, path, text).model_dump(mode="json")
        with pytest.raises(ValueError, match=str(path[0])):
            Board.model_validate(plain)
    assert Board.model_validate(board.model_dump(mode="json")) == board


@pytest.mark.parametrize("text", [text for text in HOSTILE if "/" not in text and "\0" not in text])
def test_a_file_name_is_no_script_and_no_path(text: str, tmp_path: Path) -> None:
    path = tmp_path / f"{text}.toml"
    path.write_text(GOOD)
    with pytest.raises(EdgemlError) as caught:
        boards.load(path)
    assert "name" in caught.value.what or "no such board" in caught.value.what


def test_the_remedy_for_a_name_works(tmp_path: Path) -> None:
    (tmp_path / "...toml").write_text(GOOD)
    with pytest.raises(EdgemlError, match="cannot be the name of a folder") as caught:
        boards.load(tmp_path / "...toml")
    assert "rename the file" in caught.value.hint
    (tmp_path / "...toml").rename(tmp_path / "my_board-2.1.toml")
    assert boards.load(tmp_path / "my_board-2.1.toml").name == "my_board-2.1"


@pytest.mark.parametrize(
    "options",
    [
        ["--85k", "--run", "evil.py"],
        ["--pre-place", "evil.py"],
        ["--85k", "--json", "/etc/passwd"],
        ["--package", "--run"],
        ["--package"],
        ["--speed", "6 --run x"],
        ["85k"],
        [""],
        ["--85k\n"],
        ["--vopt", "family=GW1N"],
    ],
)
def test_nextpnr_takes_device_options_alone(options: list[str]) -> None:
    plain = boards.load("ulx3s-85f").model_dump(mode="json")
    with pytest.raises(ValueError, match="nextpnr"):
        Board.model_validate({**plain, "nextpnr": options})


@pytest.mark.parametrize(
    ("key", "value"),
    [("clock_mhz", 1e-300), ("clock_mhz", 1e300), ("clock_mhz", float("nan")), ("clock_mhz", float("inf"))],
)
def test_numbers_have_bounds(key: str, value: float) -> None:
    plain = boards.load("ulx3s-85f").model_dump(mode="json")
    with pytest.raises(ValueError, match=key):
        Board.model_validate({**plain, key: value})
    with pytest.raises(ValueError, match="lut"):
        Board.model_validate({**plain, "resources": {**plain["resources"], "lut": 10**12}})


def test_every_writer_is_tried() -> None:
    flows = {boards.load(name).flow for name in _BY_FLOW}
    assert {*constraints.flows(), *constraints.vendors()} - {
        Flow.YOSYS_NEXUS
    } <= flows  # Radiant's is the same


# ------------------------------------------------ the second wall: no pattern, the writers alone

_STUBS = """
proc unknown {args} { return "" }
rename exit _exit
proc exit {args} { _exit 0 }
"""


@pytest.mark.tool
@pytest.mark.skipif(shutil.which("tclsh") is None, reason="tclsh is not installed: apt-get install tcl")
@pytest.mark.parametrize(
    "name",
    ["basys3", "de10-nano", *(pytest.param(name, marks=pytest.mark.slow) for name in ("pynq-z2", "vu13p"))],
)
def test_no_text_of_a_board_runs_in_a_vendors_tool(name: str, tmp_path: Path) -> None:
    board, net = boards.load(name), parallel()
    verilog = tmp_path / "verilog"
    verilog.mkdir()
    for file, text in {**net.files, "edgeml.json": net.manifest.to_json()}.items():
        (verilog / file).write_text(text)
    written: list[Path] = []
    for path in texts(board):
        for text in HOSTILE:
            try:
                made = project_of(verilog, put(board, path, text), net.golden)
            except EdgemlError:
                continue
            for file in ("build.tcl", "edgeml.qsf", "edgeml.sdc", *made.files):
                if not file.endswith((".tcl", ".qsf", ".sdc", ".xdc")) or file not in made.files.files:
                    continue
                content = made.files[file]
                target = tmp_path / f"{len(written)}.tcl"
                if not any(content == old.read_bytes() for old in written):
                    target.write_bytes(content)
                    written.append(target)
    assert len(written) > 3
    (tmp_path / "all.tcl").write_text(
        _STUBS + "".join(f"catch {{ source {path.name} }}\n" for path in written)
    )
    (tmp_path / "reports").mkdir()
    subprocess.run(["tclsh", "all.tcl"], cwd=tmp_path, check=True, capture_output=True, timeout=60)
    assert not list(tmp_path.rglob("canary"))


@pytest.mark.parametrize("name", [name for name in _BY_FLOW if boards.load(name).flow in constraints.flows()])
def test_no_text_of_a_board_adds_a_line_to_its_constraints_or_top(name: str) -> None:
    board, net = boards.load(name), parallel()
    clean = serial_top.emit(net.manifest, board, net.golden)
    free = [path for path in texts(board) if path[-1] != "pull"]  # one of three words, as the type says
    for path in free:
        for text in HOSTILE:
            try:
                made = serial_top.emit(net.manifest, put(board, path, text), net.golden)
            except EdgemlError:
                continue
            for file in (made.constraints, f"{serial_top.TOP}.v"):
                lines, before = made.files[file].decode().split("\n"), clean.files[file].decode().split("\n")
                assert len(lines) == len(before)
                changed = [
                    new
                    for new, old in zip(lines, before, strict=True)
                    if re.sub("[0-9]", "", new) != re.sub("[0-9]", "", old)  # a longer name, a larger ROM
                ]
                assert all(line.startswith(("#", "//")) for line in changed), (path, text, changed)
