from __future__ import annotations

import pytest
from pydantic import ValidationError

from edgeml import boards
from edgeml.figures import Figure, Hardware, Usage
from edgeml.fits import occupied
from edgeml.report.numbers import absent, figure
from edgeml.report.sections.hardware.design import DesignOnBoard
from edgeml.report.sections.hardware.facts import BoardFacts, HardwareFacts, latency_rows, resource_rows
from edgeml.report.sections.hardware.groups import (
    DesignGroup,
    EstimateNotes,
    detailed,
    estimate_notes,
    groups,
)
from edgeml.report.sections.hardware.times import latency_ns, throughput
from tests.report.hardware import count, estimated, guess, placed, vendor
from tests.report.samples import sample_facts

PYNQ = BoardFacts.of(boards.load("pynq-z2"))


def grouped(*items: Hardware) -> tuple[DesignGroup, ...]:
    return groups(
        HardwareFacts.of(
            {"resources": "none", "latency": "none"},
            target="pynq-z2",
            hardware=items,
            resources=resource_rows(items),
            latency=latency_rows(items),
        )
    )


def group(*items: Hardware) -> DesignGroup:
    return DesignGroup(tuple(DesignOnBoard(item, PYNQ) for item in items), True)


def timed(*items: Hardware) -> Hardware | None:
    found = group(*items).timed
    return found.item if found else None


def noted(labelled: list[tuple[str, Hardware]]) -> tuple[EstimateNotes, ...]:
    return estimate_notes([(label, DesignOnBoard(item, None)) for label, item in labelled])


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
    assert DesignOnBoard(designed(Usage(lut=lut, ff=count(10))), PYNQ).fit == found
    assert DesignOnBoard(designed(Usage(lut=lut, ff=count(106_401))), PYNQ).fit == "does not fit"


def test_what_is_not_known_neither_fits_nor_does_not():
    assert DesignOnBoard(designed(Usage()), PYNQ).fit == "unknown"
    assert DesignOnBoard(designed(Usage(lut=count(1))), None).fit == "unknown"
    assert DesignOnBoard(designed(Usage(lut=count(1))), None).resources["lut"].share is None
    assert DesignOnBoard(designed(Usage(uram=count(1))), PYNQ).fit == "does not fit"  # the part has none
    assert DesignOnBoard(designed(Usage(lut=count(1), uram=count(0))), PYNQ).fit == "fits"


def test_times_take_the_slower_of_the_wanted_and_the_possible_clock():
    slow = placed("")
    assert (slow.cycle_mhz, slow.misses_clock) == (81.5, True)
    assert latency_ns(slow).value == pytest.approx(7 / 81.5e6 * 1e9)
    assert throughput(slow).value == 81.5e6
    quick = vendor("")
    assert (quick.cycle_mhz, quick.misses_clock) == (200.0, False)
    assert latency_ns(quick).value == 45
    without = quick.model_copy(update={"clock_mhz": None, "fmax_mhz": None})
    assert latency_ns(without).reason == "no clock is known"
    assert throughput(without).value is None


def test_an_interval_of_cycles_becomes_one_of_times():
    item = estimated(
        "", "pynq-z2", cycles=Figure(value=10, low=8, high=15), ii=Figure(value=2, low=0, high=4)
    )
    found = latency_ns(item)
    assert (found.low, found.value, found.high, found.source) == (80, 100, 150, "estimate")
    rate = throughput(item)
    assert (rate.low, rate.value, rate.high) == (25e6, 50e6, 100e6)  # at most one a cycle
    assert throughput(item.model_copy(update={"ii": None})).value is None


def test_rows_leave_out_what_a_source_does_not_tell():
    silent = vendor("").model_copy(update={"total": Usage(dsp=count(3)), "cycles": None, "ii": None})
    (row,) = resource_rows([silent])
    assert (row.lut, row.dsp, row.low, row.reached) == (None, 3, {}, "estimated")
    assert latency_rows([silent]) == ()
    assert resource_rows([silent.model_copy(update={"total": Usage()})]) == ()


def test_the_best_source_comes_first_and_tools_before_estimates():
    facts = sample_facts()
    found = groups(facts.part(HardwareFacts))
    assert [(g.best.item.design, g.best.item.board, [s.item.source for s in g.sources]) for g in found] == [
        ("hls4ml", "pynq-z2", ["vendor"]),
        ("verilog", "ulx3s-85f", ["place-and-route", "estimate"]),
        ("verilog", "pynq-z2", ["estimate"]),
        ("verilog", "basys3", ["estimate"]),
        ("verilog", "icebreaker", ["estimate"]),
    ]
    assert len(detailed(facts.part(HardwareFacts))) == 3


@pytest.mark.parametrize(("reached", "first"), [("fitted", "vendor"), ("estimated", "synthesis")])
def test_a_vendors_word_counts_for_what_its_flow_had_reached(reached, first):
    one = vendor("").model_copy(update={"reached": reached})
    other = vendor("").model_copy(update={"source": "synthesis", "reached": ""})
    for found in ((one, other), (other, one)):
        (group,) = grouped(*found, estimated("", "pynq-z2", design="hls4ml"))
        assert (group.best.item.source, group.sources[-1].item.source) == (first, "estimate")


def test_the_timeline_is_the_best_sources_or_that_of_an_equal_schedule():
    known, silent = estimated("", "ulx3s-85f", cycles=count(7)), placed("")
    assert timed(silent, known) is known
    assert timed(silent, known.model_copy(update={"cycles": count(9)})) is None
    assert timed(known, silent) is known
    assert timed(silent) is None


def test_large_rams_are_shown_only_where_there_are_any():
    none, some = (vendor("").model_copy(update={"total": Usage(lut=count(1), uram=count(n))}) for n in (0, 2))
    assert group(none).kinds == ("lut",)
    assert group(none, some).kinds == ("lut", "uram")
    assert DesignOnBoard(estimated("", "pynq-z2"), PYNQ).layer_kinds == ("lut", "ff", "dsp", "bram")


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
    assert (DesignOnBoard(item, PYNQ).fit, DesignOnBoard(around, PYNQ).fit) == ("tight", "does not fit")
    assert occupied(around).ff == item.total.ff  # of what is not told the network's counts
    # A synthesis knows the network alone and is given the estimate; place and route has counted all of it.
    alone = item.model_copy(update={"source": "synthesis"})
    best = grouped(around, alone)[0].best.item
    assert (best.source, DesignOnBoard(best, PYNQ).fit) == ("synthesis", "does not fit")
    best = grouped(around, item.model_copy(update={"source": "place-and-route"}))[0].best.item
    assert (best.whole, DesignOnBoard(best, PYNQ).fit) == (None, "tight")


def test_a_note_is_told_once_with_all_it_is_about():
    one = estimated("", "pynq-z2", notes=("a", "b"))
    two = estimated("", "basys3", notes=("a", "c"))
    found = noted([("PYNQ", one), ("Basys", two), ("ULX3S", placed(""))])
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
    assert noted([("PYNQ", one), ("Basys", two)]) == (
        ("edgeml Verilog: PYNQ, Basys", (line,), (statistics,)),
        ("edgeml Verilog: PYNQ", ("a",), ()),
        ("edgeml Verilog: Basys", ("c",), ()),
    )


def test_the_scarcest_resource_is_judged_by_its_upper_end():
    item = estimated("", "pynq-z2", 26_600, total=Usage(lut=guess(26_600, 0.1), dsp=guess(100, 0.5)))
    kind, part = DesignOnBoard(item, PYNQ).scarcest
    assert (kind, part.source) == ("DSP", "estimate")  # 150 of 220 against 29,260 of 53,200
    assert (part.value, part.high) == (pytest.approx(100 / 220), pytest.approx(150 / 220))
    around = item.model_copy(update={"whole": Usage(lut=guess(50_000, 0.01))})
    assert DesignOnBoard(around, PYNQ).scarcest[0] == "LUT"
    assert DesignOnBoard(placed(""), None).scarcest == (
        "",
        absent("no share of the board is known", "place-and-route"),
    )
