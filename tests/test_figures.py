"""The one form of all hardware figures: it keeps what it is given and refuses what cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from edgeml.errors import EdgemlError
from edgeml.figures import Figure, Hardware, LayerFigures, Usage


def hardware() -> Hardware:
    return Hardware(
        design="verilog",
        part="LFE5U-85F-6BG381C",
        source="synthesis",
        total=Usage(lut=Figure(value=10), dsp=Figure(value=0)),
        layers=(LayerFigures(layer="fc1", op="mat_mul", usage=Usage(lut=Figure(value=7, low=5, high=9))),),
    )


def test_a_saved_result_reads_back_equal(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    hardware().write(path)
    assert Hardware.read(path) == hardware()


def test_what_is_not_told_is_unknown_and_not_zero() -> None:
    assert list(hardware().total.known()) == ["lut", "dsp"]
    assert hardware().total.ff is None


@pytest.mark.parametrize(("low", "high"), [(1, None), (None, 3), (3, 4)])
def test_an_interval_has_two_ends_and_holds_its_value(low: float | None, high: float | None) -> None:
    with pytest.raises(ValidationError):
        Figure(value=2, low=low, high=high)


def test_a_damaged_file_is_one_error_with_file_and_key(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_text('{"schema": 1, "design": "verilog", "part": "x", "source": "guess", "total": {}}')
    with pytest.raises(EdgemlError, match=r"result\.json: is not a file of hardware figures: source"):
        Hardware.read(path)
