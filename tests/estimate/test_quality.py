"""The quality of an estimate, in a line: of every chip family, with the figure that its statistics have."""

from __future__ import annotations

import math

import pytest

from edgeml import boards
from edgeml.estimate import estimate
from edgeml.estimate.quality import quality
from edgeml.figures import Figure, Hardware, Usage
from tests.backends.verilog.samples import small

pytest.importorskip("da4ml", reason="da4ml is not installed")


@pytest.mark.parametrize("name", boards.names())
def test_every_estimate_has_its_line(name: str) -> None:
    board = boards.load(name)
    for design in ("verilog", "hls4ml"):
        if design == "hls4ml" and board.hls4ml is None:
            continue
        told = quality(found := estimate(small(), board, design, {}))
        assert told.factor is not None and told.factor > 1
        percent = math.ceil(round((told.factor - 1) * 100, 6))
        assert told.line.startswith(f"typical error {percent} % (LUTs")
        assert any(f"percentile of the factor {told.factor:.2f}" in note for note in told.details)
        assert sorted((*told.notes, *told.details)) == sorted(found.notes)
        assert not any("percentile" in note or "real/estimate" in note for note in told.notes)
        borrowed = any(note.startswith("There was no ") for note in found.notes)
        assert ("another chip family" in told.line) == borrowed


def test_what_was_not_measured_says_so() -> None:
    found = Hardware(design="hls4ml", part="x", source="estimate", total=Usage(lut=Figure(value=1)))
    assert quality(found).line == ""
    shares = "Shares of layers are less certain: LUT: real/estimate: 90th percentile of the factor 1.50"
    told = quality(found.model_copy(update={"notes": ("LUT: interval from 3 designs", shares, "a")}))
    assert (told.line, told.notes, told.factor) == ("typical error not measured", ("a",), None)
    assert quality(found.model_copy(update={"notes": (shares,), "source": "vendor"})).notes == (shares,)
