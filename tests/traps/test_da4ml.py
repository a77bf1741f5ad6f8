"""Traps of da4ml, whose solver finds the adder graphs of our Verilog; no public issue of them is known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from edgeml import tools
from edgeml.backends.verilog import BACKEND, design, linear
from edgeml.backends.verilog.runner import Simulation
from edgeml.errors import EdgemlError
from edgeml.fixed import FixedType, Overflow, Round, cast
from edgeml.ir import Builder, Graph, evaluate_codes
from edgeml.tools import run, verilator
from tests.zoo import zoo

pytest.importorskip("da4ml", reason="da4ml is not installed")


@pytest.fixture
def nothing_kept() -> Iterator[None]:
    """No adder graph found before, and none left for other tests."""
    kept = (design._elaborated, linear._solved)
    for one in kept:
        one.cache_clear()
    yield
    for one in kept:
        one.cache_clear()


def rounded(signed: bool = True) -> Graph:
    """Eight bits to five by RND_CONV, as QKeras rounds."""
    build = Builder("rounded")
    x = build.input((1,), FixedType(signed, 8, 4), "x")
    return build.graph(
        build.cast(x, FixedType(signed, 6, 1), rounding=Round.RND_CONV, overflow=Overflow.SAT, name="y")
    )


class TestConvergentRounding:
    """da4ml truncates or rounds half up; QKeras rounds half to even."""

    def test_da4ml_has_no_rnd_conv(self):
        """A failure here says that da4ml has learnt it; the formula below is then of no more use."""
        from da4ml.trace import FixedVariable

        value = FixedVariable(-8.0, 7.75, 0.25)
        with pytest.raises(AssertionError):
            value.quantize(1, 3, 0, round_mode="RND_CONV")

    @pytest.mark.parametrize("drop", [1, 2, 3, 5])
    def test_rnd_conv_in_terms_of_truncation(self, drop):
        """TRN(x + half - one + lsb): the identity that lets da4ml's own emitter round half to even."""
        codes = np.arange(-256, 256)
        lsb = (codes >> drop) & 1
        truncated = (codes + (1 << (drop - 1)) - 1 + lsb) >> drop
        to = FixedType(True, 12, 0)
        np.testing.assert_array_equal(truncated, cast(codes, drop, to, Round.RND_CONV, Overflow.SAT))

    @pytest.mark.tool
    @pytest.mark.slow
    @pytest.mark.parametrize("signed", [True, False])
    def test_our_verilog_rounds_half_to_even_at_every_code(self, signed, tmp_path):
        (runner,) = BACKEND.runners()
        if runner.available():
            pytest.skip(runner.available())
        graph = rounded(signed)
        BACKEND.emit(graph).write(tmp_path)
        codes = {"x": np.arange(-128 if signed else 0, 128 if signed else 256).reshape(-1, 1)}
        got = Simulation().run(tmp_path, graph, codes)["y"]
        np.testing.assert_array_equal(got, evaluate_codes(graph, codes)["y"])


class TestSolver:
    def test_a_product_that_float32_cannot_hold_does_not_reach_the_solver(self):
        """da4ml takes the matrix as float32; weights of 25 bits and more would be rounded in silence."""
        from edgeml.backends.verilog.cells import Circuit
        from edgeml.backends.verilog.linear import Product

        weight = (1 << 24) + 1
        circuit = Circuit()
        circuit.enter(0, "x", "x")
        x = circuit.input(-2, 1, 0, "x_0", 0)
        product = Product(np.array([[weight]]), 0, (-2,), (1,), (0,))
        assert product._weights is None
        (total,) = product.apply(circuit, [x])
        assert (total.cell.lo << -total.frac, total.cell.hi << -total.frac) == (-2 * weight, weight)

    def test_a_wrong_adder_graph_is_not_emitted(self, monkeypatch, nothing_kept):
        from da4ml import cmvm

        solve = cmvm.solve
        monkeypatch.setattr(cmvm, "solve", lambda weights, **given: solve(weights + 1, **given))
        with pytest.raises(EdgemlError, match="adder graph is not the product asked for"):
            BACKEND.emit(zoo()["mlp"], BACKEND.options({"mode": "parallel"}))


class TestLookupTable:
    """da4ml's lookup_table.v asks for a memory file as soon as it is read, whether it is used or not."""

    def test_no_file_of_ours_reads_a_memory_file_or_is_da4mls(self):
        import da4ml

        theirs = {path.name for path in Path(da4ml.__file__).parent.rglob("*.v")}
        assert "lookup_table.v" in theirs
        for graph in (zoo()["lookup"], zoo()["mlp"]):
            files = BACKEND.emit(graph)
            assert not theirs & {Path(name).name for name in files}
            assert not [name for name in files if b"$readmem" in files[name]]

    @pytest.mark.tool
    @pytest.mark.slow
    def test_yosys_reads_our_tables_and_not_theirs(self, tmp_path):
        import da4ml

        yosys = tools.find("yosys")
        if yosys is None:
            pytest.skip(f"yosys: {tools.load('yosys').install}")
        (theirs,) = Path(da4ml.__file__).parent.rglob("lookup_table.v")
        (tmp_path / "lookup_table.v").write_bytes(theirs.read_bytes())
        BACKEND.emit(zoo()["lookup"]).write(tmp_path)

        def read(*names: str) -> str:
            words = [yosys.path, "-p", f"read_verilog {' '.join(names)}; log done"]
            return run(words, tmp_path, tmp_path / "log", 280.0, yosys.environment, check=False).output

        assert "readmemh" in read("lookup_table.v")
        ours = sorted(path.name for path in tmp_path.glob("*.v") if path.name != "lookup_table.v")
        assert "\ndone\n" in read(*ours)


class TestVerilatorFromPyPI:
    """It needs VERILATOR_ROOT, and its own program in front of any other."""

    def test_its_root_is_in_the_environment_of_every_call(self):
        found = verilator.TOOL.find()
        if found is None:
            pytest.skip(f"verilator: {verilator.TOOL.install}")
        if not found.environment:
            pytest.skip(f"{found.path} is a native Verilator, which knows where it lies")
        root = Path(found.environment["VERILATOR_ROOT"])
        assert (root / "include" / "verilated.cpp").is_file()
        assert found.path.is_relative_to(root)
