"""Files damaged at random: read, or refused with the one error that names the file; nothing else."""

from __future__ import annotations

import os
import time
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from edgeml import archives
from edgeml.errors import EdgemlError
from tests.readers.cases import cases

CASES = cases()
SLOWEST = 5.0


@pytest.mark.parametrize("share", [0.3, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", sorted(CASES))
def test_only_one_kind_of_error(name: str, share: float, tmp_path: Path) -> None:
    """Quick tests damage each file less often."""
    case = CASES[name]
    times = int(case.times * share)
    path = case.write(tmp_path)
    case.read(path)  # the good one
    rng = np.random.default_rng([sorted(CASES).index(name), 10])
    complaints: list[EdgemlError] = []
    for number in range(times):
        damage = case.damages[number % len(case.damages)]
        path.write_bytes(damage(case.content, rng))
        start = time.process_time()
        try:
            case.read(path)
        except EdgemlError as error:
            complaints.append(error)
        assert time.process_time() - start < SLOWEST
    assert len(complaints) > times / 10 or not case.wanted
    for error in complaints:
        assert str(tmp_path) in error.where or error.where == "yosys", error.where[:300]
        assert error.what and ("Error:" not in error.what or name == "preset"), error.what[:300]
        assert len(str(error)) < 4000 and str(error).isprintable(), str(error)[:300]


@pytest.mark.parametrize("name", sorted(name for name, case in CASES.items() if case.wanted))
@pytest.mark.parametrize(
    "instead", ["nothing", "empty", "a folder", "a pipe", "a loop", "a device", "unreadable"]
)
def test_a_path_that_is_no_such_file(name: str, instead: str, tmp_path: Path) -> None:
    case = CASES[name]
    path = case.write(tmp_path)
    path.unlink()
    match instead:
        case "empty":
            path.touch()
        case "a folder":
            path.mkdir()
        case "a pipe":
            os.mkfifo(path)
        case "a loop":
            path.symlink_to(path)
        case "a device":
            path.symlink_to("/dev/zero")
        case "unreadable":
            if os.geteuid() == 0:
                pytest.skip("root may read everything")
            path.write_bytes(case.content)
            path.chmod(0)
        case _:
            pass
    with pytest.raises(EdgemlError) as caught:
        case.read(path)
    assert str(tmp_path) in caught.value.where


@pytest.mark.parametrize("name", sorted(name for name, case in CASES.items() if case.file.endswith(".json")))
def test_deep_nesting(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    path = case.write(tmp_path)
    for text in ("[" * 100_000, '{"a":' * 100_000, "[" * 400 + "]" * 400, f'{{"schema": {"9" * 10_000}}}'):
        path.write_text(text)
        if not case.wanted:
            with suppress(EdgemlError):
                case.read(path)
            continue
        with pytest.raises(EdgemlError):
            case.read(path)


@pytest.mark.parametrize("text", ["{'shape': (2,", "'''", "  x\n y\n", "(\x00)"])
def test_the_head_of_an_array_that_is_no_python(text: str, tmp_path: Path) -> None:
    """NumPy reads the head as literals of Python, with Python's tokenizer."""
    head = text.encode() + b"\n"
    content = b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head
    path = tmp_path / "golden.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", content)
    with pytest.raises(EdgemlError, match=r"is not a readable \.npz"):
        archives.read_npz(path, "golden vectors")
