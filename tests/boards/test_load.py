"""A user's own board file, and what is wrong with bad ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from edgeml import boards
from edgeml.errors import EdgemlError
from edgeml.share import share_dir

GOOD = (share_dir("hw") / "boards" / "ulx3s-85f.toml").read_text()


def write(folder: Path, text: str, name: str = "mine.toml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_own_file(tmp_path: Path, monkeypatch) -> None:
    path = write(tmp_path, GOOD)
    assert boards.load(path).name == "mine"
    assert boards.load(str(path)) == boards.load("ulx3s-85f").model_copy(update={"name": "mine"})
    monkeypatch.chdir(tmp_path)
    assert boards.load("mine.toml").name == "mine"


def test_a_board_is_immutable() -> None:
    board = boards.load("basys3")
    with pytest.raises(ValidationError, match="frozen"):
        board.resources.lut = 1  # type: ignore[misc]  # the assignment is the test


@pytest.mark.parametrize(
    ("name", "near"),
    [("pynq-z3", "pynq-z2"), ("ulx3s", "ulx3s-85f"), ("arty-a7", "arty-a7-35t"), ("qqq", "known:")],
)
def test_unknown_name(name: str, near: str) -> None:
    with pytest.raises(EdgemlError, match=f"unknown board '{name}'") as caught:
        boards.load(name)
    assert near in caught.value.hint


@pytest.mark.parametrize(
    ("old", "new", "what", "hint"),
    [
        ("[resources]\nlut", "[resources]\nluts", r"unknown key 'resources\.luts'", "did you mean lut"),
        ('flow = "yosys-ecp5"', 'flow = "yosys-ecp6"', "flow = 'yosys-ecp6'", ""),
        ("lut = 83640", "lut = 0", r"resources\.lut = 0: input should be greater than 0", ""),
        ("lut = 83640\n", "", r"the key 'resources\.lut' is missing", "add resources.lut"),
        ('covers = ["part"]', 'covers = ["clocks"]', "no source covers part", ""),
        ('"--85k", "--package", "CABGA381", "--speed", "6"', "", "nextpnr options go with", ""),
        ('pin = "G2"\n', "", "clock 'clk25' needs either a pin or a primitive", ""),
        ('pin = "G2"', 'pin = "G2"\nprimitive = "OSCG"', "clock 'clk25' needs either", ""),
        ('pin = "G2"\nio = "LVCMOS33"', 'pin = "G2"', "pin and io come together", ""),
        ("bram_kbit = 18", "bram_kbit = 18\nuram = 3", "uram and uram_kbit come together", ""),
        ('pin = "R1"', 'pin = "R-1"', r"pins\.reset\.pin = 'R-1'", ""),
        ("https://github.com/emard", "http://github.com/emard", r"sources\.2\.url", ""),
        (
            "[[clocks]]",
            '[[clocks]]\nname = "clk25"\nmhz = 1.0\npin = "A1"\nio = "x"\n[[clocks]]',
            "two clocks",
            "",
        ),
        ("title =", 'name = "x"\ntitle =', "unknown key 'name'", "the file name is the board's name"),
        ("title = ", "title == ", "is not valid TOML", ""),
    ],
)
def test_bad_file(old: str, new: str, what: str, hint: str, tmp_path: Path) -> None:
    assert old in GOOD
    with pytest.raises(EdgemlError, match=what) as caught:
        boards.load(write(tmp_path, GOOD.replace(old, new, 1)))
    assert "mine.toml" in caught.value.where
    assert hint in caught.value.hint


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(EdgemlError, match="no such board file"):
        boards.load(tmp_path / "absent.toml")
    with pytest.raises(EdgemlError, match="no such board file"):
        boards.load("absent.toml")
    with pytest.raises(EdgemlError, match="no such board file"):
        boards.load(tmp_path / "folder" / "pynq-z2")
