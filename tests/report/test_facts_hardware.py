from __future__ import annotations

import pytest
from pydantic import ValidationError

from edgeml import boards
from edgeml.figures import Figure, Hardware, Usage
from edgeml.report import facts_hardware as hw
from edgeml.report.numbers import figure
from tests.report.hardware import count, estimated, guess, placed, vendor
from tests.report.samples import sample_facts

PYNQ = hw.BoardFacts.of(boards.load("pynq-z2"))


def designed(usage: Usage) -> Hardware:
    return Hardware(design="verilog", part=PYNQ.part, source="estimate", total=usage)


def test_a_board_has_the_capacity_of_its_file():
    assert PYNQ.capacity == {"lut": 53_200, "ff": 106_400, "dsp": 220, "bram": 140}
    assert (PYNQ.lut_kind, PYNQ.flow) == ("lut6", "vivado")


@pytest.mark.parametrize(
    ("lut", "found"),
    [
        (Figure(value=53_200), "tight"),
        (Figure(value=53_201), "does not fit"),
        (Figure(value=50_000, low=40_000, high=53_200), "tight"),
        (Figure(value=50_000, low=40_000, high=53_201), "may not fit"),
        (Figure(value=60_000, low=53_200, high=70_000), "may not fit"),
        (Figure(value=60_000, low=53_201, high=70_000), "does not fit"),
    ],
)
def test_whether_it_fits_is_judged_by_the_interval(lut, found):
    assert hw.fits(designed(Usage(lut=lut, ff=count(10))), PYNQ) == found
    assert hw.fits(designed(Usage(lut=lut, ff=count(106_401))), PYNQ) == "does not fit"


def test_what_is_not_known_neither_fits_nor_does_not():
    assert hw.fits(designed(Usage()), PYNQ) == "unknown"
    assert hw.fits(designed(Usage(lut=count(1))), None) == "unknown"
    assert hw.shares(Usage(lut=count(1)), None) == {}
    assert hw.fits(designed(Usage(uram=count(1))), PYNQ) == "does not fit"  # the part has none
    assert hw.fits(designed(Usage(lut=count(1), uram=count(0))), PYNQ) == "fits"


def test_times_take_the_slower_of_the_wanted_and_the_possible_clock():
    slow = placed("")
    assert (hw.clock(slow), hw.misses_clock(slow)) == (81.5, True)
    assert hw.latency_ns(slow).value == pytest.approx(7 / 81.5e6 * 1e9)
    assert hw.throughput(slow).value == 81.5e6
    quick = vendor("")
    assert (hw.clock(quick), hw.misses_clock(quick)) == (200.0, False)
    assert hw.latency_ns(quick).value == 45
    without = quick.model_copy(update={"clock_mhz": None, "fmax_mhz": None})
    assert hw.latency_ns(without).reason == "no clock is known"
    assert hw.throughput(without).value is None


def test_an_interval_of_cycles_becomes_one_of_times():
    item = estimated(
        "", "pynq-z2", cycles=Figure(value=10, low=8, high=15), ii=Figure(value=2, low=0, high=4)
    )
    found = hw.latency_ns(item)
    assert (found.low, found.value, found.high, found.source) == (80, 100, 150, "estimate")
    rate = hw.throughput(item)
    assert (rate.low, rate.value, rate.high) == (25e6, 50e6, 100e6)  # at most one a cycle
    assert hw.throughput(item.model_copy(update={"ii": None})).value is None


def test_rows_leave_out_what_a_source_does_not_tell():
    silent = vendor("").model_copy(update={"total": Usage(dsp=count(3)), "cycles": None, "ii": None})
    (row,) = hw.resource_rows([silent])
    assert (row.lut, row.dsp, row.low, row.reached) == (None, 3, {}, "estimated")
    assert hw.latency_rows([silent]) == ()
    assert hw.resource_rows([silent.model_copy(update={"total": Usage()})]) == ()


def test_the_best_source_comes_first_and_tools_before_estimates():
    facts = sample_facts()
    groups = hw.groups(facts.hardware, facts.target)
    assert [(g[0].design, g[0].board, [i.source for i in g]) for g in groups] == [
        ("hls4ml", "pynq-z2", ["vendor"]),
        ("verilog", "ulx3s-85f", ["place-and-route", "estimate"]),
        ("verilog", "pynq-z2", ["estimate"]),
        ("verilog", "basys3", ["estimate"]),
        ("verilog", "icebreaker", ["estimate"]),
    ]
    assert len(hw.detailed(facts.hardware, facts.target)) == 3


@pytest.mark.parametrize(("reached", "first"), [("fitted", "vendor"), ("estimated", "synthesis")])
def test_a_vendors_word_counts_for_what_its_flow_had_reached(reached, first):
    one = vendor("").model_copy(update={"reached": reached})
    other = vendor("").model_copy(update={"source": "synthesis", "reached": ""})
    for found in ((one, other), (other, one)):
        (group,) = hw.groups([*found, estimated("", "pynq-z2", design="hls4ml")], "pynq-z2")
        assert (group[0].source, group[-1].source) == (first, "estimate")


def test_the_timeline_is_the_best_sources_or_that_of_an_equal_schedule():
    known, silent = estimated("", "ulx3s-85f", cycles=count(7)), placed("")
    assert hw.timed((silent, known)) is known
    assert hw.timed((silent, known.model_copy(update={"cycles": count(9)}))) is None
    assert hw.timed((known, silent)) is known
    assert hw.timed((silent,)) is None


def test_large_rams_are_shown_only_where_there_are_any():
    none, some = (vendor("").model_copy(update={"total": Usage(lut=count(1), uram=count(n))}) for n in (0, 2))
    assert hw.group_kinds([none]) == ("lut",)
    assert hw.group_kinds([none, some]) == ("lut", "uram")
    assert hw.layer_kinds(estimated("", "pynq-z2")) == ("lut", "ff", "dsp", "bram")


def test_a_figure_that_is_not_known_is_absent_with_its_source():
    assert figure(None, "vendor", "not in the report").reason == "not in the report"
    assert figure(guess(10), "estimate").low == 8


def test_rows_that_are_not_of_the_hardware_are_no_facts():
    facts = sample_facts()
    with pytest.raises(ValidationError, match="not those of hardware"):
        sample_facts(resources=facts.resources[1:])
    with pytest.raises(ValidationError, match="not those of hardware"):
        sample_facts(hardware=facts.hardware[1:])


def test_the_whole_board_is_what_has_to_fit():
    item = estimated("", "pynq-z2", 40_000)
    around = item.model_copy(update={"whole": Usage(lut=guess(60_000, 0.01))})
    assert (hw.fits(item, PYNQ), hw.fits(around, PYNQ)) == ("tight", "does not fit")
    assert hw.occupied(around).ff == item.total.ff  # of what is not told the network's counts
    # A synthesis knows the network alone and is given the estimate; place and route has counted all of it.
    alone = item.model_copy(update={"source": "synthesis"})
    ((best, _),) = hw.groups([around, alone], "pynq-z2")
    assert (best.source, hw.fits(best, PYNQ)) == ("synthesis", "does not fit")
    ((best, _),) = hw.groups([around, item.model_copy(update={"source": "place-and-route"})], "pynq-z2")
    assert (best.whole, hw.fits(best, PYNQ)) == (None, "tight")


def test_a_note_is_told_once_with_all_it_is_about():
    one = estimated("", "pynq-z2", notes=("a", "b"))
    two = estimated("", "basys3", notes=("a", "c"))
    found = hw.noted([("PYNQ", one), ("Basys", two), ("ULX3S", placed(""))])
    assert found == (
        ("edgeml Verilog: PYNQ, Basys", ("a",), ()),
        ("edgeml Verilog: PYNQ", ("b",), ()),
        ("edgeml Verilog: Basys", ("c",), ()),
    )


def test_statistics_stand_apart_behind_a_line():
    statistics = "Model of hls4ml's layers: LUT: real/estimate on 33: 90th percentile of the factor 1.12"
    one = estimated("", "pynq-z2", notes=(statistics, "a"))
    two = estimated("", "basys3", notes=(statistics, "c"))
    line = "typical error 12 % (LUTs, in nine of ten designs no more)"
    assert hw.noted([("PYNQ", one), ("Basys", two)]) == (
        ("edgeml Verilog: PYNQ, Basys", (line,), (statistics,)),
        ("edgeml Verilog: PYNQ", ("a",), ()),
        ("edgeml Verilog: Basys", ("c",), ()),
    )


def test_the_scarcest_resource_is_judged_by_its_upper_end():
    item = estimated("", "pynq-z2", 26_600, total=Usage(lut=guess(26_600, 0.1), dsp=guess(100, 0.5)))
    kind, part = hw.tightest(item, PYNQ)
    assert (kind, part.source) == ("dsp", "estimate")  # 150 of 220 against 29,260 of 53,200
    assert (part.value, part.high) == (pytest.approx(100 / 220), pytest.approx(150 / 220))
    around = item.model_copy(update={"whole": Usage(lut=guess(50_000, 0.01))})
    assert hw.tightest(around, PYNQ)[0] == "lut"
    assert hw.tightest(placed(""), None) == (
        "",
        hw.absent("no share of the board is known", "place-and-route"),
    )
