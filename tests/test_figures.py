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


def test_a_missing_figure_is_unknown_and_not_zero() -> None:
    assert list(hardware().total.present()) == ["lut", "dsp"]
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


def test_cycles_become_time_at_the_clock_that_the_design_can_take() -> None:
    timed = hardware().model_copy(
        update={"cycles": Figure(value=30, low=20, high=40), "ii": Figure(value=1), "clock_mhz": 100.0}
    )
    assert timed.latency_ns == Figure(value=300, low=200, high=400)
    assert timed.latency_text() == "latency 30 (20 to 40) clocks (300 ns at 100 MHz), a sample every 1"
    slow = timed.model_copy(update={"fmax_mhz": Figure(value=50)})
    assert slow.misses_clock and not timed.misses_clock
    assert slow.latency_ns == Figure(value=600, low=400, high=800)


def test_no_clock_or_no_cycles_is_no_time() -> None:
    without = hardware().model_copy(update={"cycles": Figure(value=30)})
    assert without.latency_ns is None and without.latency_text() == ""
    assert hardware().model_copy(update={"clock_mhz": 100.0}).latency_ns is None
