"""A compiler's or program's complaint is the artefact's fault, or this machine's."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeml.errors import BrokenArtefactError
from edgeml.tools import Completed, refusal, stop

ERROR = "src/model.c:12:5: error: expected ';' before 'return'"


def done(folder: Path, output: str, code: int) -> Completed:
    (folder / "log").write_text(output)
    return Completed(("program",), code, 0.1, folder / "log")


@pytest.mark.parametrize(
    ("output", "code", "broken"),
    [
        (f"In file included from main.c:3:\n{ERROR}\n", 1, True),
        ("firmware/defines.h:9:1: error: 'ap_fixedd' does not name a type", 1, True),
        ("src/model.c:3:9: error: unused variable 'x' [-Werror=unused-variable]", 1, False),
        (f"src/model.c:3:9: error: unused variable 'x' [-Werror=unused-variable]\n{ERROR}", 1, True),
        ("main.cpp:1:10: fatal error: cstdlib: No such file or directory", 1, False),
        ("g++: fatal error: Killed signal terminated program cc1plus", 1, False),
        (ERROR, -9, False),
        ("", 1, False),
    ],
)
def test_a_source_is_refused(output: str, code: int, broken: bool, tmp_path: Path) -> None:
    error = refusal(done(tmp_path, output, code))
    assert isinstance(error, BrokenArtefactError) is broken
    assert not broken or "error: " in error.what


@pytest.mark.parametrize(
    ("output", "code", "broken"),
    [
        ("==3==ERROR: AddressSanitizer: global-buffer-overflow on address 0x5", 1, True),
        ("src/model.c:40:9: runtime error: signed integer overflow", 1, True),
        ("", -11, True),
        ("", -8, True),
        ("", -9, False),
        ("cannot open the files", 3, False),
    ],
)
def test_a_program_is_stopped(output: str, code: int, broken: bool, tmp_path: Path) -> None:
    assert isinstance(stop(done(tmp_path, output, code)), BrokenArtefactError) is broken
