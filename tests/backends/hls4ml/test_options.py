"""Options: everything that is wrong is named, with what to do."""

from __future__ import annotations

import pytest

from edgeml import boards
from edgeml.backends.hls4ml import BACKEND
from edgeml.backends.hls4ml.layer import Hls4mlLayer, Precision
from edgeml.backends.hls4ml.options import DEFAULT_PARTS, HlsTarget
from edgeml.backends.hls4ml.reuse import UNROLL_LIMIT, Parallelism, choose, is_valid, valid_factors
from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType


def dense(n_in: int, n_out: int, name: str = "fc1") -> Hls4mlLayer:
    return Hls4mlLayer(
        f"{name}_layer", "Dense", ("x",), Precision(FixedType(True, 8, 4)), products=(n_in, n_out), layer=name
    )


def chosen(layer: Hls4mlLayer, **settings: object) -> Parallelism:
    return choose((layer,), BACKEND.options(settings))[layer.name]


class TestTarget:
    def test_defaults_are_stated(self) -> None:
        assert BACKEND.options({}).target() == HlsTarget("Vitis", "xc7z020clg400-1", 5.0)

    @pytest.mark.parametrize("backend", DEFAULT_PARTS)
    def test_any_case(self, backend: str) -> None:
        for written in (backend, backend.lower(), backend.upper()):
            assert BACKEND.options({"backend": written}).target().backend == backend

    def test_a_board_gives_backend_part_and_clock(self) -> None:
        assert BACKEND.options({"board": "pynq-z2"}).target() == HlsTarget("Vitis", "xc7z020clg400-1", 10.0)
        assert BACKEND.options({"board": "agilex7"}).target().backend == "oneAPI"
        assert BACKEND.options({"board": "pynq-z2", "clock_period_ns": 4}).target().clock_period_ns == 4

    @pytest.mark.parametrize("name", boards.names())
    def test_every_board_has_a_target_or_a_reason(self, name: str) -> None:
        board = boards.load(name)
        if board.hls4ml is None:
            with pytest.raises(EdgemlError, match=f"no back end for {board.title}"):
                BACKEND.options({"board": name})
        else:
            assert BACKEND.options({"board": name}).target().part == (board.hls4ml.part or board.part)

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"bakend": "Vitis"}, "unknown key 'bakend' .did you mean backend"),
            ({"backend": "Vitsi"}, "backend = 'Vitsi'.*'Vitis', 'Vivado'"),
            ({"board": "pynq-z3"}, "unknown board 'pynq-z3' .did you mean pynq-z1 or pynq-z2"),
            ({"board": "pynq-z2", "part": "x"}, "a board or a part, not both"),
            (
                {"board": "pynq-z2", "backend": "Quartus"},
                "Quartus back end cannot target PYNQ-Z2.*Vitis or Vivado",
            ),
            ({"backend": "Libero", "io_type": "io_stream"}, "io_stream projects for Libero"),
            ({"io_type": "stream"}, "io_type = 'stream'"),
            ({"clock_period_ns": 0}, "clock_period_ns = 0"),
            ({"strategy": "fast"}, "strategy.all = 'fast'"),
            ({"strategy": {"fc1": "fast"}}, "strategy.layer.fc1 = 'fast'"),
            ({"reuse_factor": 0}, "reuse_factor.all = 0"),
            ({"reuse_factor": {"fc1": "many"}}, "reuse_factor.layer.fc1 = 'many'"),
            ({"part": "a b; rm"}, "part = "),
            ({"project": "1st"}, "project = '1st'"),
            ({"project": "nnet"}, "project = 'nnet'.*has another meaning"),
        ],
    )
    def test_bad_settings(self, settings: dict[str, object], message: str) -> None:
        with pytest.raises(EdgemlError, match=message):
            BACKEND.options(settings)


class TestReuse:
    @pytest.mark.parametrize(("n_in", "n_out"), [(1, 1), (16, 8), (784, 256), (27, 8), (7, 13), (10, 1)])
    def test_valid_factors_are_those_of_hls4ml(self, n_in: int, n_out: int) -> None:
        from hls4ml.backends import get_backend

        factors = valid_factors(n_in, n_out)
        if n_in * n_out < 1000:
            assert factors == get_backend("Vitis").get_valid_reuse_factors(n_in, n_out)
        assert all(is_valid(n_in, n_out, reuse) for reuse in factors)
        assert (factors[0], factors[-1]) == (1, n_in * n_out)

    def test_layers_that_fit_are_unrolled(self) -> None:
        assert chosen(dense(64, 64)) == Parallelism("latency", 1)
        assert chosen(dense(16, 8), reuse_factor=4) == Parallelism("resource", 4)
        assert chosen(dense(16, 8), backend="Quartus") == Parallelism("resource", 1)

    def test_large_layers_get_the_smallest_factor_below_the_limit(self) -> None:
        found = chosen(dense(784, 256))
        assert found == Parallelism("resource", 49)
        size = 784 * 256
        below = [f for f in valid_factors(784, 256) if f < found.reuse_factor]
        assert size // found.reuse_factor <= UNROLL_LIMIT < size // below[-1]

    def test_per_layer_with_a_default(self) -> None:
        layers = (dense(16, 8), dense(8, 8, "fc2"))
        options = BACKEND.options(
            {"strategy": {"fc1": "Resource", "default": "latency"}, "reuse_factor": {"fc1": 2}}
        )
        found = choose(layers, options)
        assert found["fc1_layer"] == Parallelism("resource", 2)
        assert found["fc2_layer"] == Parallelism("latency", 1)

    @pytest.mark.parametrize(
        ("size", "settings", "message"),
        [
            (
                (16, 8),
                {"reuse_factor": 3},
                r"fc1: 3 is no valid reuse factor.*nearest valid ones are 1 and 2 and 4 and 8",
            ),
            ((784, 256), {"reuse_factor": 50}, "28 and 49 and 56 and 98"),
            ((784, 256), {"strategy": "latency"}, "200704 products at once.*a reuse factor of 49 or more"),
            ((784, 256), {"strategy": "resource", "reuse_factor": 2}, "100352 products at once"),
            ((5, 3), {"strategy": "latency", "reuse_factor": 4}, "does not divide 15 products.*3 and 5"),
            (
                (8, 8),
                {"strategy": "latency", "backend": "Quartus"},
                "Quartus back end has no latency strategy",
            ),
            (
                (8, 8),
                {"strategy": "distributed_arithmetic", "backend": "Catapult"},
                "no distributed arithmetic",
            ),
            ((8, 8), {"strategy": "distributed_arithmetic", "reuse_factor": 2}, "no multipliers to reuse"),
            ((8, 8), {"reuse_factor": {"fc2": 2}}, "unknown layer 'fc2'.*did you mean fc1"),
            ((8, 8), {"strategy": {"act1": "latency"}}, "unknown layer 'act1' or it multiplies nothing"),
        ],
    )
    def test_refusals_name_the_layer_and_what_to_do(
        self, size: tuple[int, int], settings: dict[str, object], message: str
    ) -> None:
        with pytest.raises(EdgemlError, match=message):
            chosen(dense(*size), **settings)
