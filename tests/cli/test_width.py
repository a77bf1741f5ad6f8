"""80 columns: no number, interval, type or head of any command's table is broken, and no line is longer."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

import pytest

from edgeml.cli import bands, commands, console
from tests.cli.command import Shell

WIDTH = 80
REPORTS = Path(__file__).parent.parent / "vendor/reports"

COMMANDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "check": (("check", "RUN"),),
    "prove": (("prove", "RUN", "--with", "onnx", "--stages"),),
    "diagnose": (("diagnose", "RUN"),),
    "doctor": (("doctor",),),
    "estimate": (
        ("estimate", "RUN", "--board", "pynq-z2,colorlight-i5", "--verbose"),
        ("estimate", "RUN", "--board", "icebreaker", "--layers"),
    ),
    "explore": (("explore", "RUN"),),
    "export": (
        ("export", "RUN", "--to", "onnx,qonnx"),
        ("export", "RUN", "--to", "verilog,hls4ml", "--board", "pynq-z2", "--max-latency", "40"),
        ("export", "RUN", "--to", "verilog", "--board", "icebreaker"),  # which says that it does not fit
    ),
    "import": (("import", "model.keras", "--data", "iris"),),
    "ledger": (("ledger",),),
    "list": tuple(("list", kind) for kind in ("", "presets", "datasets", "boards", "backends", "tools")),
    "quantize": (("quantize", "float.onnx", "--data", "iris"),),
    "report": (),  # prints no table
    "run": (("run", "iris_mlp", "--to", "onnx"),),
    "show": (("show", "RUN"), ("show", "RUN", "--passes")),
    "synth": (("synth", "RUN", "--board", "icebreaker"),),
    "train": (("train", "iris_mlp"),),
    "vendor": (("vendor", str(REPORTS / "vitis"), "--layers"), ("vendor", str(REPORTS), "--layers")),
}
"""The printing of every command's tables; a command that prints one needs a line here."""


@pytest.mark.parametrize("name", commands.names())
def test_every_command_with_a_table_is_here(name: str) -> None:
    source = inspect.getsource(sys.modules[commands.load(name).__module__])
    assert name in COMMANDS or "print_bands" not in source, f"edgeml {name} prints a table"


def test_every_table_is_one_of_bands() -> None:
    """Rich's own tables break numbers."""
    folder = Path(commands.__file__).parent.parent
    users = [file.name for file in folder.rglob("*.py") if "rich.table" in file.read_text(encoding="utf-8")]
    assert users == ["bands.py"]


@pytest.mark.parametrize("args", [args for command in COMMANDS.values() for args in command], ids=" ".join)
def test_no_cell_is_broken(
    args: tuple[str, ...], edgeml: Shell, made_up: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed: list[bands.Bands] = []
    prepare = bands.Bands.__post_init__

    def noted(table: bands.Bands) -> None:
        prepare(table)
        printed.append(table)

    monkeypatch.setattr(bands.Bands, "__post_init__", noted)
    for screen in (console.OUT, console.ERR):
        monkeypatch.setattr(screen, "width", WIDTH)
        monkeypatch.setattr(screen, "wraps", True)
    outcome = edgeml(*(str(made_up) if word == "RUN" else word for word in args if word))
    assert outcome.code in (0, 1), outcome.err
    assert printed, "it prints no table"
    lines = [line.rstrip() for line in (outcome.out + outcome.err).splitlines()]
    for line in lines:
        # A path or name that stays whole may be longer, and a command to copy.
        words = line.strip().removeprefix("hint: ").split(" ")
        assert len(line) <= WIDTH or len(words) == 1 or line.startswith("next: "), line
    shown = [f"  {line}  " for line in lines]
    for table in printed:
        for head in table.columns:
            assert not head or any(f"  {head}  " in line for line in shown), head
        for row in table.rows:
            for at, cell in enumerate(bands.Text.from_markup(one).plain for one in row):
                if cell and at not in table.texts and not (at < table.keys and len(cell) > 24):
                    assert any(f"  {cell}  " in line for line in shown), cell
