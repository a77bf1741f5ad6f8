"""Every microcontroller and every core of the folders is described, and they fit each other."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from edgeml import mcus, tools
from edgeml.errors import EdgemlError
from edgeml.mcus import cores
from edgeml.mcus.cores import InstructionClass
from edgeml.share import share_dir
from tests.support import needs_tool
from tests.test_quoting import HOSTILE

GOOD = (share_dir("hw") / "mcus" / "rp2040.toml").read_text()


def test_there_are_at_least_twelve_microcontrollers_of_every_architecture() -> None:
    loaded = [mcus.load(name) for name in mcus.names()]
    assert len(loaded) >= 12
    assert {"cortex-m0plus", "cortex-m4", "cortex-m7", "cortex-m33", "riscv32"} <= {
        mcu.core for mcu in loaded
    }


@pytest.mark.parametrize("name", mcus.names())
def test_a_microcontroller_is_described(name: str) -> None:
    mcu = mcus.load(name)
    assert mcu.name == name
    assert cores.load(mcu.core).name == mcu.core
    assert mcu.ram.size < mcu.flash.size <= 16 << 20
    assert mcu.dsp == (mcu.core in ("cortex-m4", "cortex-m7", "cortex-m33", "cortex-m55"))
    assert mcu.fpu == "none" or mcu.dsp
    compared = {part for source in mcu.sources if source.compared for part in source.covers}
    assert compared == {"core", "memory", "clock"}


@pytest.mark.parametrize("name", cores.names())
def test_a_core_is_described(name: str) -> None:
    core = cores.load(name)
    assert core.name == name
    assert {core.compiler, core.emulator} <= set(tools.names())
    assert (share_dir("hw") / "emulation" / core.startup).is_file()
    assert set(core.timing.cycles) == set(InstructionClass)
    assert all(0 < least <= most for least, most in core.timing.cycles.values())
    assert core.timing.url.startswith("https://")


def test_an_unknown_core_has_near_matches() -> None:
    with pytest.raises(EdgemlError, match="unknown core 'cortex-m5' .did you mean cortex-m"):
        cores.load("cortex-m5")


def test_a_core_that_is_taken_for_a_microcontroller_says_what_to_do() -> None:
    with pytest.raises(EdgemlError, match="'cortex-m7' is a core, not a microcontroller") as caught:
        mcus.load("cortex-m7")
    assert "with it: stm32h743zi; or check on the core: edgeml check RUN --with cortex-m7" in str(
        caught.value
    )


@pytest.mark.parametrize(
    ("mcu", "export", "check"),
    [
        ("rp2040", "--to c --mcu rp2040", "--with c,cortex-m4,riscv32"),
        ("cortex-m4", "--to c", "--with c,cortex-m4"),
        ("cortex-mine.toml", "--to c --mcu cortex-mine.toml", "--with c,cortex-m4,riscv32"),
    ],
)
def test_make_takes_a_microcontroller_or_a_core(mcu: str, export: str, check: str) -> None:
    make = needs_tool("make")
    words = [make, "-n", "mcu", "MODEL=digits_cnn", f"MCU={mcu}"]
    done = subprocess.run(words, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True)
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert f".venv/bin/edgeml export runs/digits_cnn {export}" in lines
    assert f".venv/bin/edgeml check runs/digits_cnn {check}" in lines


def test_a_file_of_the_users(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD)
    assert mcus.load(path) == mcus.load("rp2040").model_copy(update={"name": "mine"})


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("kib = 264", "kib = 0", r"ram\.kib = 0"),
        ("kib = 264", "kib = 264\nbanks = 2", r"unknown key 'ram\.banks'"),
        ('core = "cortex-m0plus"', 'core = "cortex-m5"', "unknown core 'cortex-m5'"),
        ("clock_mhz = 133.0\n", "", "the key 'clock_mhz' is missing"),
        ('"core", "memory", "clock"', '"core", "memory"', "no source covers clock"),
        ('url = "https', 'url = "http', "should be an address that begins with https"),
        ('title = "', 'name = "x"\ntitle = "', "unknown key 'name'"),
        ("[ram]", "[ram", "cannot be read|is no TOML|not valid TOML"),
    ],
)
def test_a_damaged_file_is_one_error(tmp_path: Path, old: str, new: str, what: str) -> None:
    path = tmp_path / "mine.toml"
    assert old in GOOD
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(EdgemlError, match=what):
        mcus.load(path)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("key", ["title", "vendor", "core"])
def test_hostile_texts_are_refused(tmp_path: Path, key: str, text: str) -> None:
    path = tmp_path / "mine.toml"
    lines = [f"{key} = {_toml(text)}" if line.startswith(f"{key} =") else line for line in GOOD.splitlines()]
    path.write_text("\n".join(lines))
    with pytest.raises(EdgemlError):
        mcus.load(path)


def _toml(text: str) -> str:
    return '"' + "".join(f"\\U{ord(character):08x}" for character in text) + '"'
