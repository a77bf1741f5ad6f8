from __future__ import annotations

import itertools
import re

import pytest

from edgeml import boards
from edgeml.figures import Figure, Hop, LayerFigures, Usage
from edgeml.report.numbers import Number, absent, measured
from edgeml.report.sections.hardware import charts
from edgeml.report.sections.hardware.design import DesignOnBoard
from edgeml.report.sections.hardware.facts import BoardFacts
from edgeml.report.sections.ways.charts import times
from edgeml.report.svg import COLOURS, NARROW, WIDE, in_both_widths
from tests.report.hardware import count, estimated, guess, placed, vendor

PYNQ = BoardFacts.of(boards.load("pynq-z2"))
ULX3S = BoardFacts.of(boards.load("ulx3s-85f"))


def widths(chart, style):
    return [float(w) for w in re.findall(rf'<rect class="{style}"[^>]* width="([\d.]+)"', chart)]


def test_segments_are_as_wide_as_their_share_of_the_total():
    chart = charts.resources(WIDE, DesignOnBoard(placed(""), ULX3S))
    fc1, fc2, rest = (widths(chart, f"seg {key}")[0] for key in ("l0", "l1", "rest"))
    assert fc1 / (fc1 + fc2 + rest) == pytest.approx(800 / 1210, rel=1e-3)
    assert rest / fc2 == pytest.approx(110 / 300, rel=1e-3)
    assert "1,210 of 83,640" in chart and "1.4 %" in chart
    assert "outside the layers: 110 LUT" in chart
    assert "bound" not in chart  # a tool's count has no interval
    assert "<desc>fc1: 800 LUT, 200 FF" in chart


def test_an_estimate_has_whiskers_and_a_large_design_the_whole_board():
    small = charts.resources(WIDE, DesignOnBoard(estimated("", "pynq-z2"), PYNQ))
    assert small.count('class="bound"') == 3 * 4 and "whole board" not in small
    assert "between 720 and 1,080" in small
    large = charts.resources(WIDE, DesignOnBoard(estimated("", "pynq-z2", 60_000), PYNQ))
    assert "whole board" in large and 'class="outside"' in large and "113 %" in large


def test_the_whole_board_has_its_own_bar_and_interval():
    whole = Usage(lut=guess(2000), bram=count(3), dsp=guess(2, 0.5))
    chart = charts.resources(WIDE, DesignOnBoard(estimated("", "pynq-z2", whole=whole), PYNQ))
    assert chart.count('class="wholebar"') == 3
    assert "whole board after packing: 2,000 (1,600 to 2,400) of 53,200 LUT" in chart
    assert "packed 2,000, 3.8 %" in chart and "packed 3, 2.1 %" in chart
    assert "packed 2, " not in chart  # of DSP the network has as many
    assert "with all around it LUT 3.8 %" in chart
    wide, thin = widths(chart, "wholebar")[0], sum(widths(chart, "seg l0")[:1])
    assert wide / thin == pytest.approx(2000 / 540, rel=1e-2)


def test_wide_segments_have_the_number_of_their_layer():
    assert re.findall(
        r'class="number mid"[^>]*>(\d)<', charts.resources(WIDE, DesignOnBoard(placed(""), ULX3S))
    )[:2] == ["1", "2"]


def test_the_critical_path_names_its_stretches():
    chart = charts.critical_path(WIDE, DesignOnBoard(placed(""), None))
    assert re.findall(r'class="number mid"[^>]*>([^<]+)<', chart) == [
        "fc1",
        "fc2",
    ]  # the routing is too short
    crowded = placed("").model_copy(update={"critical_path": placed("").critical_path * 6})
    assert set(
        re.findall(
            r'class="number mid"[^>]*>([^<]+)<', charts.critical_path(WIDE, DesignOnBoard(crowded, None))
        )
    ) <= {
        "fc1",
        "fc2",
        "1",
        "2",
    }


def test_without_layers_the_bar_is_whole_and_without_a_board_there_is_none():
    chart = charts.resources(WIDE, DesignOnBoard(vendor(""), PYNQ))
    assert "all layers: 2,345 LUT" in chart
    assert DesignOnBoard(vendor(""), None).layer_keys == (("all layers", "l0"),)
    assert charts.resources(WIDE, DesignOnBoard(vendor(""), None)) == ""
    assert charts.resources(WIDE, DesignOnBoard(vendor("").model_copy(update={"total": Usage()}), PYNQ)) == ""


def test_layers_beyond_the_colours_begin_again():
    parts = tuple(LayerFigures(layer=f"l{i}", usage=Usage(lut=count(1))) for i in range(COLOURS + 2))
    item = estimated("", "pynq-z2", total=Usage(lut=count(10))).model_copy(update={"layers": parts})
    keys = dict(DesignOnBoard(item, None).layer_keys)
    assert (keys["l0"], keys["l8"], keys["l7"]) == ("l0", "l0", "l7")


def test_the_timeline_has_a_bar_per_layer_where_it_belongs():
    chart = charts.timeline(WIDE, DesignOnBoard(estimated("", "pynq-z2"), None), 100.0)
    places = [
        (float(x), float(w))
        for x, w in re.findall(r'class="step" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', chart)
    ]
    (a, long), (b, short) = places
    assert long == pytest.approx(3 * short, abs=0.05) and b == pytest.approx(a + long, abs=0.05)
    assert "ns at 100 MHz" in chart
    assert "fc1: starts at cycle 0, takes 3 cycles" in chart
    assert "act1: starts at cycle 3, takes 1 cycle, reuse factor 2" in chart
    assert 'class="next"' in chart  # a sample every cycle, well before the end


def test_a_timeline_needs_starts_and_shows_intervals():
    assert charts.timeline(WIDE, DesignOnBoard(placed(""), None), 81.5) == ""
    cycles = Figure(value=4, low=2, high=9)
    part = LayerFigures(layer="fc", start=count(1), cycles=cycles, ii=Figure(value=3, low=2, high=4))
    item = estimated("", "pynq-z2", cycles=count(6)).model_copy(update={"layers": (part,)})
    chart = charts.timeline(WIDE, DesignOnBoard(item, None), None)
    assert chart.count('class="bound"') == 1 and "takes 4 (2 to 9) cycles" in chart
    assert "ns at" not in chart and "every 3 (2 to 4) cycles" in chart


def test_the_critical_path_adds_up_and_stands_against_the_clock():
    chart = charts.critical_path(WIDE, DesignOnBoard(placed(""), None))
    assert sum(widths(chart, "seg l[0-9]") + widths(chart, "seg rest")) > 600
    assert "Critical path, 12.3 ns" in chart and "clock period 10 ns" in chart
    assert "outside the layers: 1.5 ns (routing)" in chart
    assert charts.critical_path(WIDE, DesignOnBoard(vendor(""), None)) == ""
    still = vendor("").model_copy(update={"critical_path": (Hop(layer="a", ns=0),)})
    assert charts.critical_path(WIDE, DesignOnBoard(still, None)) == ""


def test_times_from_nanoseconds_to_milliseconds_and_none():
    rows = [
        ("cpu", "m-float", measured(12_300), True),
        ("fpga", "m-fixed", Number(value=90, source="estimate", low=60, high=120), False),
        ("none", "m-int8", absent("not there"), False),
    ]
    chart = times(WIDE, rows)
    x = [float(value) for value in re.findall(r'class="dot[^"]*" cx="([\d.]+)"', chart)]
    assert len(x) == 2 and x[0] > x[1]
    assert "hollow" in chart and "not available" in chart and "60 to 120 ns" in chart
    assert times(WIDE, [("none", "m-int8", absent("not there"), True)]) == ""
    assert "nan" not in times(WIDE, [("one", "m-float", measured(100), True)])


def test_long_names_have_room_beside_the_axis():
    def starts(name):
        chart = times(WIDE, [(name, "m-float", measured(100), True), ("b", "m-int8", measured(2000), True)])
        return float(re.findall(r'class="grid" x1="([\d.]+)"', chart)[0])

    assert starts("edgeml Verilog, Tang Nano 20K") > 7 * len("edgeml Verilog, Tang Nano 20K") > starts("cpu")


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_chart_stays_within_its_width(width):
    """Begins and ends of texts are taken at seven units a character."""
    design = DesignOnBoard(estimated("", "pynq-z2"), PYNQ)
    rows = [(f"way {n} of a long name", "m-float", measured(100 * 1000**n), True) for n in range(3)]
    pictures = [
        charts.resources(width, design),
        charts.timeline(width, design, 100.0),
        charts.critical_path(width, DesignOnBoard(placed(""), None)),
        times(width, rows),
    ]
    for picture in pictures:
        assert f'viewBox="0 0 {width:g} ' in picture
        for style, x, words in re.findall(r'<text class="([^"]+)" x="([\d.-]+)"[^>]*>([^<]*)<', picture):
            room = 7.0 * len(words)
            left = float(x) - (room if "end" in style else room / 2 if "mid" in style else 0)
            assert left > -12 and left + room < width + 24, words
        shown = [
            (float(x), len(words))
            for x, y, words in re.findall(
                r'<text class="tick mid" x="([\d.]+)" y="([\d.]+)">([^<]*)<', picture
            )
            if float(y) > 60
        ]
        for (one, long), (other, size) in itertools.pairwise(sorted(shown)):
            assert other - one > 3.2 * (long + size), "labels of the axis lie over each other"


def test_a_chart_is_drawn_for_both_widths_or_not_at_all():
    draw = in_both_widths(times)
    chart = draw([("one", "m-float", measured(100), True)])
    assert chart.count("<svg") == 2 and 'viewBox="0 0 360 ' in chart and 'class="onnarrow"' in chart
    assert draw([("none", "m-int8", absent("not there"), True)]) == ""
