"""Units, limits, metrics, knobs and fronts, against values worked out by hand."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest

from edgeml import presets
from edgeml.errors import EdgemlError
from edgeml.explore import knob as knobs
from edgeml.explore import metric as metrics
from edgeml.explore.front import crowding, front_of, knee, ranks, survivors
from edgeml.explore.knob import ChoiceBounds, LayerRole, PresetLayer, SpaceInput
from edgeml.explore.metric import TrialFacts
from edgeml.explore.planned import planned_points
from edgeml.explore.request import check_objectives, limits_of
from edgeml.explore.space import space_of
from edgeml.explore.target import ExploreTarget
from edgeml.explore.units import Unit
from edgeml.figures import Figure, Hardware, Usage
from tests.explore.made_up import BASE

BOARD = ExploreTarget.of("pynq-z2", "", "", "")
MCU = ExploreTarget.of("", "rp2040", "", "")


def space_input(
    preset: str, target: ExploreTarget, *layers: PresetLayer, lines: tuple[str, ...] = ()
) -> SpaceInput:
    loaded = presets.load(preset)
    return SpaceInput(loaded, presets.choose(loaded, lines), layers or BASE.preset_layers, target)


class TestUnits:
    @pytest.mark.parametrize(
        ("unit", "text", "capacity", "value"),
        [
            (Unit.TIME, "5us", None, 5000.0),
            (Unit.TIME, "0.25 ms", None, 250_000.0),
            (Unit.COUNT, "60%", 53200.0, 31920.0),
            (Unit.COUNT, "12k", None, 12000.0),
            (Unit.BYTES, "64k", None, 65536.0),
            (Unit.POINTS, "0.5", None, 0.5),
        ],
    )
    def test_amounts(self, unit, text, capacity, value) -> None:
        assert unit.parse(text, "--max-x", capacity) == value

    @pytest.mark.parametrize(
        ("unit", "text"),
        [
            (Unit.TIME, "5"),
            (Unit.COUNT, "60%"),
            (Unit.BYTES, "-1"),
            (Unit.TIME, "5 weeks"),
            (Unit.COUNT, "1e999"),
        ],
    )
    def test_what_is_no_amount_is_refused_with_an_example(self, unit, text) -> None:
        with pytest.raises(EdgemlError, match=r"is no amount for it \(write for example"):
            unit.parse(text, "--max-x")


class TestLimits:
    def test_a_share_is_of_the_board(self) -> None:
        (limit,) = limits_of({"lut": "60%", "ff": None}, BOARD)
        assert limit.most == 0.6 * 53200
        assert limit.excess(limit.most) == 0 and limit.excess(2 * limit.most) == pytest.approx(1.0)
        assert limit.excess(None) == float("inf")

    @pytest.mark.parametrize(
        ("stated", "target", "says"),
        [
            ({"lut": "120%"}, BOARD, "more than PYNQ-Z2 has"),
            ({"flash": "64k"}, BOARD, "--max-flash.*no such metric"),
            ({"lut": "60%"}, MCU, "--max-lut.*no such metric"),
            ({"latency": "0ns"}, BOARD, "no design takes nothing"),
            ({"ram": "1m"}, MCU, "more than"),
        ],
    )
    def test_what_no_design_can_keep_is_refused(self, stated, target, says) -> None:
        with pytest.raises(EdgemlError, match=says):
            limits_of(stated, target)

    @pytest.mark.parametrize(
        ("names", "says"),
        [
            (["acuracy", "lut"], "unknown objective 'acuracy'.*accuracy"),
            (["accuracy", "flash"], "unknown objective 'flash'"),
            (["lut"], "one objective has no front"),
            (["accuracy", "lut", "ff", "dsp", "bram"], "5 objectives"),
        ],
    )
    def test_objectives_that_are_none(self, names, says) -> None:
        with pytest.raises(EdgemlError, match=says):
            check_objectives(names, BOARD)

    def test_the_usual_objectives(self) -> None:
        assert check_objectives([], BOARD) == ("accuracy", "lut")
        assert check_objectives([], MCU) == ("accuracy", "flash")


class TestMetrics:
    @pytest.mark.parametrize("name", metrics.names())
    def test_every_one_is_whole_and_not_known_without_facts_or_is_the_accuracy(self, name) -> None:
        metric = metrics.load(name)
        assert metric.title and metric.kinds
        value = metric.value(TrialFacts(90.0, 92.0))
        assert value == {"accuracy": Figure(value=90.0), "accuracy_loss": Figure(value=2.0)}.get(name)

    def test_of_a_design(self) -> None:
        hardware = Hardware(
            design="verilog",
            part="x",
            source="estimate",
            total=Usage(lut=Figure(value=10, low=5, high=20)),
            whole=Usage(lut=Figure(value=12, low=6, high=24)),
            cycles=Figure(value=8),
            ii=Figure(value=2),
            clock_mhz=50,
        )
        facts = TrialFacts(90.0, 92.0, hardware)
        assert metrics.load("lut").value(facts) == Figure(value=12, low=6, high=24)  # what has to fit
        assert metrics.load("latency").value(facts) == Figure(value=160)
        assert metrics.load("interval").value(facts) == Figure(value=40)
        assert metrics.load("dsp").value(facts) is None

    def test_one_that_declares_nothing_is_refused(self) -> None:
        with pytest.raises(TypeError, match=r"does not declare \['title', 'unit', 'higher', 'kinds'\]"):
            type("Incomplete", (metrics.Metric,), {})


def _plain(choices: presets.Choices) -> Any:
    """The settings as they count: an exception of a layer that is none is left out."""
    quantizers = choices.quantizers
    widths = {
        layer: (own.weights.over(quantizers.weights), own.activations.over(quantizers.activations))
        for layer in ("fc1", "act1", "fc2", "logits")
        for own in [quantizers.layers.get(layer) or presets.LayerBits()]
    }
    return widths, choices.training, choices.targets.io_type


LEARNED = PresetLayer("fc1", LayerRole.LEARNED, 10)


class TestKnobs:
    @pytest.mark.parametrize("name", knobs.names())
    @pytest.mark.parametrize(
        "at",
        [
            space_input("digits_mlp", BOARD),
            space_input("digits_mlp", ExploreTarget.of("pynq-z2", "", "hls4ml", "")),
            space_input("digits_mlp", MCU),
            space_input("digits_learned", BOARD, LEARNED),
        ],
        ids=["verilog", "hls4ml", "mcu", "learned"],
    )
    def test_every_choice_is_settings_that_are_accepted(self, name, at) -> None:
        for dimension in knobs.load(name).dimensions(at, None):
            assert dimension.name.split(".")[0] == name
            assert dimension.choices and dimension.nearest in dimension.choices
            assert dimension.own == dimension.nearest, "the preset's own value is among the choices"
            for choice in dimension.choices:
                changed = presets.choose(at.preset, dimension.settings(choice))
                assert choice != dimension.own or _plain(changed) == _plain(at.choices)
                assert dimension.settings(choice) or dimension.design_settings(choice)

    def test_which_apply(self) -> None:
        def turned(at: SpaceInput) -> set[str]:
            return {one.name.split(".")[0] for one in space_of(at, (), {}).dimensions}

        assert turned(space_input("digits_mlp", BOARD)) == {
            "weight_bits", "activation_bits", "clock", "layout", "pruning", "reuse", "sizes",
        }  # fmt: skip
        assert turned(space_input("digits_mlp", MCU)) == {
            "weight_bits", "activation_bits", "pruning", "sizes",
        }  # fmt: skip
        assert "sizes" not in turned(space_input("jets_mlp", BOARD))
        assert "learned_strength" in turned(space_input("digits_learned", BOARD, LEARNED))

    def test_widths_of_layers_with_exceptions_begin_at_their_own(self) -> None:
        at = space_input("digits_mlp", BOARD, lines=("quantizers.layers.fc1.weights.bits=4",))
        own = space_of(at, ("weight_bits",), {}).own
        assert own == {"weight_bits.fc1": 4, "weight_bits.logits": 6}

    def test_a_range_is_kept(self) -> None:
        at = space_input("digits_mlp", BOARD)
        space = space_of(
            at, (), dict([ChoiceBounds.parse("weight_bits=3:4"), ChoiceBounds.parse("clock=50,80")])
        )
        choices = {one.name: one.choices for one in space.dimensions}
        assert choices["weight_bits.fc1"] == (3, 4) and choices["clock"] == (50, 80)
        assert space.own["weight_bits.fc1"] == 4 and space.own["clock"] == 80

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("weight_bit=2:3", "unknown knob"),
            ("weight_bits", "is no KNOB=RANGE"),
            ("weight_bits=6:2", "is no range"),
            ("weight_bits=a:b", "is no range"),
        ],
    )
    def test_ranges_that_are_none(self, text, says) -> None:
        with pytest.raises(EdgemlError, match=says):
            ChoiceBounds.parse(text)

    def test_a_knob_that_does_not_apply_and_a_range_that_leaves_nothing(self) -> None:
        at = space_input("digits_mlp", MCU)
        with pytest.raises(EdgemlError, match="does not apply"):
            space_of(at, ("clock",), {})
        with pytest.raises(EdgemlError, match="leaves layout no choice"):
            space_of(space_input("digits_mlp", BOARD), (), dict([ChoiceBounds.parse("layout=diagonal")]))

    def test_what_has_no_effect_is_left_out(self) -> None:
        space = space_of(space_input("digits_mlp", BOARD), ("layout", "reuse"), {})
        side_by_side, stream = ({"layout": name, "reuse": 8} for name in ("parallel", "stream"))
        assert space.design_lines(space.used(side_by_side, ())) == ("verilog.mode=parallel",)
        assert space.design_lines(space.used(stream, ())) == ("verilog.mode=stream", "verilog.reuse_factor=8")

    def test_widths_of_layers_that_a_topology_lacks_are_left_out(self) -> None:
        space = space_of(space_input("digits_mlp", BOARD), ("sizes", "weight_bits"), {})
        point = dict(space.own) | {"sizes.fc2": 0}
        assert "weight_bits.logits" not in space.used(point, ("fc1",))
        assert space.lines(space.used(point, ("fc1",))) == (
            "model.sizes.fc1=32",
            "model.sizes.fc2=0",
            "quantizers.layers.fc1.weights.bits=6",
        )
        assert space.topology(space.own).name == ""
        assert space.topology(point).name == "fc2-0"
        assert space.topology(point).lines == ("model.sizes.fc2=0",)

    def test_sizes_stay_within_the_bounds_of_the_preset_and_of_the_user(self) -> None:
        def sizes(*ranges: str, lines: tuple[str, ...] = ()) -> dict[str, tuple[Any, ...]]:
            bounds = dict(map(ChoiceBounds.parse, ranges))
            at = space_input("digits_mlp", BOARD, lines=lines)
            return {one.name: one.choices for one in space_of(at, ("sizes",), bounds).dimensions}

        assert sizes() == {"sizes.fc1": tuple(range(8, 65, 8)), "sizes.fc2": tuple(range(0, 65, 8))}
        assert sizes("sizes=8,16,100")["sizes.fc1"] == (8, 16)
        assert sizes("sizes.fc2=0:16") == {"sizes.fc1": tuple(range(8, 65, 8)), "sizes.fc2": (0, 8, 16)}
        assert 20 in sizes(lines=("model.sizes.fc1=20",))["sizes.fc1"]

    @pytest.mark.parametrize(
        ("ranges", "says"),
        [
            ("sizes.fc9=8:16", r"unknown dimension 'sizes\.fc9' \(did you mean sizes\.fc1"),
            ("sizes.fc1=65:80", r"--range sizes\.fc1: leaves sizes\.fc1 no choice \(within 8, 16"),
            ("sizes=1:3", r"--range sizes: leaves sizes\.fc1 no choice"),
            ("clock=50:80", "clock is not turned"),
        ],
    )
    def test_ranges_of_what_is_not_turned(self, ranges, says) -> None:
        with pytest.raises(EdgemlError, match=says):
            space_of(space_input("digits_mlp", BOARD), ("sizes",), dict([ChoiceBounds.parse(ranges)]))

    def test_planned_points_begin_with_the_preset_and_are_within_the_space(self) -> None:
        space = space_of(space_input("digits_mlp", BOARD), (), {})
        points = planned_points(space, BASE.sensitivity, BASE.preset_layers)
        assert points[0] == space.own
        keys = [tuple(sorted(point.items())) for point in points]
        assert len(set(keys)) == len(keys) > 6
        for point in points:
            assert all(point[one.name] in one.choices for one in space.dimensions)
        assert any(point["sizes.fc1"] == 16 and point["sizes.fc2"] == 16 for point in points)
        # Rounding all weights of fc1 costs 1.0 * 2^(4 - bits): one point may be lost in the first of them.
        assert float(points[1]["weight_bits.fc1"]) > float(points[4]["weight_bits.fc1"])


class TestFronts:
    def test_against_the_definition(self) -> None:
        costs = np.random.default_rng(0).integers(0, 12, (60, 3)).astype(float)
        beaten = {
            i
            for one, other in combinations(range(60), 2)
            for i, j in ((one, other), (other, one))
            if (costs[j] <= costs[i]).all() and ((costs[j] < costs[i]).any() or j < i)
        }
        assert front_of(costs).tolist() == sorted(set(range(60)) - beaten)

    def test_ranks_peel_fronts_off(self) -> None:
        costs = np.array([[0.0, 0.0], [1.0, 1.0], [0.0, 2.0], [2.0, 2.0], [1.0, 1.0]])
        assert ranks(costs).tolist() == [0, 1, 1, 2, 1]

    def test_crowding_and_knee_by_hand(self) -> None:
        costs = np.array([[0.0, 10.0], [1.0, 2.0], [10.0, 0.0]])
        assert crowding(costs).tolist() == [np.inf, 2.0, np.inf]
        assert knee(costs) == 1

    def test_survivors_keep_the_limits_first_then_the_rank_then_the_spread(self) -> None:
        costs = np.array([[0.0, 3.0], [1.0, 2.0], [3.0, 0.0], [4.0, 4.0], [0.0, 0.0]])
        excess = np.array([0.0, 0.0, 0.0, 0.0, 0.5])
        assert survivors(costs, excess, 2) == [0, 2]
        assert survivors(costs, excess, 4) == [0, 1, 2, 3]
        assert survivors(costs, excess, 5) == [0, 1, 2, 3, 4]
