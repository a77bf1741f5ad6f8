"""Hardware figures made by hand for the tests of the report: no tool has said any of this."""

from __future__ import annotations

from typing import Any

from edgeml import boards
from edgeml.figures import Figure, Hardware, Hop, LayerFigures, Stage, Usage
from edgeml.report.sections.hardware.facts import BoardFacts, latency_rows, resource_rows

BOARDS = ("pynq-z2", "ulx3s-85f", "icebreaker", "basys3")


def guess(value: float, spread: float = 0.2) -> Figure:
    """An estimate with an interval of plus and minus a share."""
    return Figure(value=value, low=value * (1 - spread), high=value * (1 + spread))


def count(value: float) -> Figure:
    """A tool's count."""
    return Figure(value=value)


def estimated(graph: str, board: str, lut: float = 900, layers: bool = True, **changes: Any) -> Hardware:
    """An estimate of our Verilog on a board."""
    parts = (
        LayerFigures(
            layer="fc1",
            op="mat_mul",
            usage=Usage(lut=guess(lut * 0.6), ff=guess(lut * 0.3), dsp=guess(0), bram=guess(0)),
            start=count(0),
            cycles=guess(3, 0.0),
            ii=count(1),
        ),
        LayerFigures(
            layer="act1",
            op="cast",
            usage=Usage(lut=guess(lut * 0.1), ff=guess(lut * 0.05)),
            start=count(3),
            cycles=count(1),
            ii=count(1),
            reuse=2,
        ),
    )
    total = Usage(lut=guess(lut), ff=guess(lut * 0.4), dsp=guess(2, 0.5), bram=guess(0))
    fields: dict[str, Any] = {
        "design": "verilog",
        "settings": "parallel, 100 MHz",
        "model": "sample",
        "graph": graph,
        "board": board,
        "part": boards.load(board).part,
        "source": "estimate",
        "total": total,
        "layers": parts if layers else (),
        "cycles": guess(6),
        "ii": count(1),
        "clock_mhz": 100.0,
        "notes": ("LUT: real/estimate: median 1.02, 90th percentile of the factor 1.31", "A note."),
    }
    return Hardware(**{**fields, **changes})


def placed(graph: str) -> Hardware:
    """Place and route of our Verilog on the ULX3S."""
    return Hardware(
        design="verilog",
        settings="parallel, 25 MHz",
        model="sample",
        graph=graph,
        board="ulx3s-85f",
        part="LFE5U-85F-6BG381C",
        source="place-and-route",
        total=Usage(lut=count(1210), ff=count(388), dsp=count(0), bram=count(0)),
        layers=(
            LayerFigures(layer="fc1", op="mat_mul", usage=Usage(lut=count(800), ff=count(200))),
            LayerFigures(layer="fc2", op="mat_mul", usage=Usage(lut=count(300), ff=count(100))),
        ),
        cycles=count(7),
        ii=count(1),
        clock_mhz=100.0,
        fmax_mhz=count(81.5),
        critical_path=(
            Hop(layer="fc1", ns=5.5, what="carry chain"),
            Hop(layer="", ns=1.5, what="routing"),
            Hop(layer="fc2", ns=5.27),
        ),
        stages=(
            Stage(name="synthesis", tool="yosys", version="0.44", seconds=12.5, log="yosys.log"),
            Stage(name="place and route", tool="nextpnr-ecp5", version="0.7", seconds=33.0),
        ),
        bitstream="sample.bit",
    )


def vendor(graph: str) -> Hardware:
    """Vitis HLS on the hls4ml project."""
    return Hardware(
        design="hls4ml",
        settings="io_parallel, Latency, rf 1",
        model="sample",
        graph=graph,
        board="pynq-z2",
        part="xc7z020clg400-1",
        source="vendor",
        reached="estimated",
        tool="Vitis HLS 2023.2",
        total=Usage(lut=count(2345), ff=count(678), dsp=count(12), bram=count(0)),
        cycles=count(9),
        ii=count(1),
        clock_mhz=200.0,
        fmax_mhz=count(232.0),
    )


def sample_hardware(graph: str) -> dict[str, Any]:
    """The fields of `Facts` that are about hardware."""
    found = (
        estimated(graph, "pynq-z2"),
        estimated(graph, "ulx3s-85f", 1100),
        placed(graph),
        vendor(graph),
        estimated(graph, "icebreaker", 4000, layers=False, whole=Usage(lut=guess(5800), bram=guess(8))),
        estimated(graph, "basys3", 20000, layers=False),
    )
    return {
        "target": "pynq-z2",
        "boards": tuple(BoardFacts.of(boards.load(name)) for name in BOARDS),
        "hardware": found,
        "resources": resource_rows(found),
        "latency": latency_rows(found),
        "gaps": ("synth/old/result.json is of another graph, run edgeml synth again.",),
    }
