"""Cells by themselves: what is folded, which interval a cell has, and which text computes it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from edgeml.backends.verilog.cells import Circuit, Num
from edgeml.backends.verilog.codes import rounded, width_of
from edgeml.backends.verilog.linear import Product
from edgeml.backends.verilog.manifest import MANIFEST, VerilogManifest
from edgeml.backends.verilog.text import Ref, expression, fit
from edgeml.errors import EdgemlError
from edgeml.fixed import Round


@pytest.fixture
def circuit() -> Circuit:
    circuit = Circuit()
    circuit.enter(0, "node", "node")
    return circuit


def interval(num: Num) -> tuple[int, int, int]:
    return num.cell.lo, num.cell.hi, num.frac


class TestFolding:
    """Constants are computed, what changes nothing is no cell."""

    def test_signs_of_constants_and_of_negations(self, circuit: Circuit) -> None:
        x = circuit.input(-3, 5, 0, "x", 0)
        minus = circuit.neg(x)
        assert interval(minus) == (-5, 3, 0)
        assert circuit.neg(minus).cell is x.cell
        assert circuit.neg(circuit.const(3, 1)).cell.lo == -3
        assert circuit.add(minus, circuit.input(0, 3, 0, "y", 1)).cell.kind == "sub"
        assert circuit.add(minus, x).cell.is_const
        assert circuit.sub(x, circuit.const(-2, 0)).cell.kind == "add"
        assert circuit.sub(x, x).cell.is_const
        assert circuit.sub(circuit.const(0, 0), x).cell.kind == "neg"

    def test_extremes_that_are_decided(self, circuit: Circuit) -> None:
        low, high = circuit.input(-3, 1, 0, "low", 0), circuit.input(2, 5, 0, "high", 1)
        assert circuit.larger(low, high).cell is high.cell
        assert circuit.larger(high, low).cell is high.cell
        assert circuit.smaller(low, high).cell is low.cell
        assert circuit.smaller(high, low).cell is low.cell
        assert interval(circuit.larger(circuit.const(1, 0), circuit.input(-3, 4, 0, "x", 2)))[:2] == (1, 4)
        assert interval(circuit.smaller(circuit.const(1, 0), circuit.input(-3, 4, 0, "x", 2)))[:2] == (-3, 1)

    def test_comparisons_that_are_decided(self, circuit: Circuit) -> None:
        low, high = circuit.input(-3, 1, 0, "low", 0), circuit.input(2, 5, 0, "high", 1)
        yes, no = circuit.greater(high, low), circuit.greater(low, high)
        assert (yes.cell.lo, no.cell.lo) == (1, 0)
        assert circuit.mux(yes, high, low).cell is high.cell
        assert circuit.mux(no, high, low).cell is low.cell

    def test_bits_that_are_there_already(self, circuit: Circuit) -> None:
        x = circuit.input(-3, 5, 0, "x", 0)
        assert circuit.clip(x, -8, 7) is x
        assert circuit.zero_outside(x, -8, 7) is x
        assert circuit.wrap(x, 4, True) is x
        assert circuit.shift(x, 0) is x
        assert circuit.zero_outside(circuit.input(9, 12, 0, "far", 1), -8, 7).cell.lo == 0
        for code in range(-20, 20):
            wrapped = circuit.wrap(Num(circuit._raw(code), 0), 3, True)
            assert wrapped.cell.lo == (code + 4) % 8 - 4

    def test_an_interval_upside_down_is_a_defect_and_names_the_node(self, circuit: Circuit) -> None:
        a, b = circuit.input(-3, 5, 0, "a", 0), circuit.input(-3, 5, 0, "b", 1)
        with pytest.raises(EdgemlError, match="inconsistent") as caught:
            circuit.add(a, b, (11, 12))
        assert caught.value.where == "node"


class TestCodes:
    @pytest.mark.parametrize("mode", list(Round))
    @pytest.mark.parametrize("drop", [1, 3, 66, 70])
    def test_rounding_beyond_int64_is_that_of_python(self, mode: Round, drop: int) -> None:
        for base in (1 << 66, -(1 << 66), 5 << 64, -(5 << 64)):
            for near in (-1, 0, 1):
                code = base + near
                floor, rest, half = code >> drop, code & ((1 << drop) - 1), 1 << (drop - 1)
                tie, sign = rest == half, code < 0
                up = {
                    Round.TRN: False,
                    Round.TRN_ZERO: sign and rest != 0,
                    Round.RND: rest >= half,
                    Round.RND_CONV: rest > half or (tie and floor % 2 == 1),
                    Round.RND_ZERO: rest > half or (tie and sign),
                    Round.RND_INF: rest > half or (tie and not sign),
                    Round.RND_MIN_INF: rest > half,
                }[mode]
                if abs(code >> drop) < 1 << 61:
                    assert rounded(code, drop, mode) == floor + up

    @pytest.mark.parametrize(
        ("lo", "hi", "width"), [(0, 0, 1), (0, 1, 1), (-1, 0, 1), (-1, 1, 2), (-9, 3, 5)]
    )
    def test_the_fewest_bits(self, lo: int, hi: int, width: int) -> None:
        assert width_of(lo, hi) == width


class TestText:
    def test_constants_are_written_with_the_bits_that_are_wanted(self, circuit: Circuit) -> None:
        assert fit(Ref(circuit._raw(-3), ""), 1, 6) == "6'd58"
        x = circuit.input(-3, 5, 0, "x", 0)
        assert fit(Ref(x.cell, "x"), 5, 4) == "4'd0"  # shifted out
        assert fit(Ref(x.cell, "x"), 1, 4) == "{x[2:0], 1'd0}"

    def test_a_kind_without_text_is_a_defect(self, circuit: Circuit) -> None:
        x = circuit.input(-3, 5, 0, "x", 0)
        with pytest.raises(ValueError, match="no text for a input"):
            expression(x.cell, [])

    @pytest.mark.parametrize(
        ("make", "text"),
        [
            (lambda c, x: c.shift(x, 2), "{x, 2'd0}"),
            (lambda c, x: c.clip(x, 0, 3), "(~x[3] & x[2]) ? 2'd3 : x[3] ? 2'd0 : x[1:0]"),
            (lambda c, x: c.clip(x, -2, 7), "(x[3] & ~(&x[2:1])) ? 4'd14 : x"),
            (lambda c, x: c.round(x, 5, Round.RND_CONV), None),
        ],
    )
    def test_of_one_cell(self, circuit: Circuit, make: Callable[..., Num], text: str | None) -> None:
        x = circuit.input(-8, 7, 0, "x", 0)
        num = make(circuit, x)
        if text is None:
            assert num.cell.is_const and num.cell.lo == 0
        else:
            assert expression(num.cell, [Ref(x.cell, "x")]) == text


class TestProducts:
    def test_weights_too_wide_for_int64_are_multiplied_digit_by_digit(self, circuit: Circuit) -> None:
        big = 1 << 50
        xs = [circuit.input(-big, big, 0, "a", 0), circuit.input(0, 3, 20, "b", 1)]
        product = Product(np.array([[5], [-3]]), 2, (-big, 0), (big, 3), (0, 20))
        (total,) = product.apply(circuit, xs)
        ends = (-big * 5 * 2**20 - 9, big * 5 * 2**20)
        scale = total.frac - 22
        assert (total.cell.lo, total.cell.hi) == tuple(end << scale for end in ends)

    @pytest.mark.parametrize(
        ("fixed", "weights"),
        [
            ((0, 0), (-7, -9, 3)),  # no multiples of what the solver scales the columns by
            ((4, -2), (1, 2, 4)),  # with the next element's they sum up to zero
            ((5, 3), (8, -16, 1)),
        ],
    )
    def test_elements_of_one_code_only_count_as_a_constant(
        self, circuit: Circuit, fixed: tuple[int, int], weights: tuple[int, int, int]
    ) -> None:
        """da4ml leaves out sums that are always zero, so its graph was taken for a wrong one."""
        pytest.importorskip("da4ml", reason="da4ml is not installed")
        matrix = np.array([weights, np.multiply(weights, 2), (4, -8, 16)])
        xs = [
            circuit.input(code, code, 0, name, i)
            for i, (code, name) in enumerate(zip(fixed, "ab", strict=True))
        ]
        xs.append(circuit.input(-4, 3, 1, "c", 2))
        product = Product(matrix, 3, (*fixed, -4), (*fixed, 3), (0, 0, 1))
        constants = (fixed[0] + 2 * fixed[1]) * np.array(weights)
        for total, constant, weight in zip(product.apply(circuit, xs), constants, matrix[2], strict=True):
            ends = sorted(2 * constant + code * weight for code in (-4, 3))
            assert [end * 2.0 ** (4 - total.frac) for end in (total.cell.lo, total.cell.hi)] == ends

    def test_an_operation_that_is_none_of_a_product_is_refused(
        self, circuit: Circuit, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pytest.importorskip("da4ml", reason="da4ml is not installed")
        product = Product(np.array([[3], [5]]), 0, (-4, -4), (3, 3), (0, 0))
        solution = product._solution((slice(0, 2), slice(0, 1)))

        class Odd:
            inp_shifts, out_idxs, out_shifts, out_negs = solution.solutions[0].inp_shifts, [0], [0], [False]
            ops = (*solution.solutions[0].ops, type("Op", (), {"id0": 0, "id1": 0, "opcode": 7, "data": 0}))

        odd = type("S", (), {"solutions": [Odd]})
        monkeypatch.setattr(Product, "_solution", lambda self, block: odd)
        xs = [circuit.input(-4, 3, 0, name, i) for i, name in enumerate("ab")]
        with pytest.raises(EdgemlError, match="used operation 7"):
            product.apply(circuit, xs)


class TestManifest:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("{}", "is not a manifest"),
            ('{"schema": 99}', "was written with schema 99"),
            ("[", "is not a manifest"),
        ],
    )
    def test_a_value_without_a_circuit_is_one_error(self, text: str, message: str, tmp_path) -> None:
        (tmp_path / MANIFEST).write_text(text)
        with pytest.raises(EdgemlError, match=message):
            VerilogManifest.read(tmp_path)

    def test_files_elsewhere_are_refused(self, tmp_path) -> None:
        from edgeml.backends.verilog import BACKEND
        from tests.backends.verilog.samples import small

        pytest.importorskip("da4ml", reason="da4ml is not installed")
        BACKEND.emit(small()).write(tmp_path)
        text = (tmp_path / MANIFEST).read_text()
        (tmp_path / MANIFEST).write_text(text.replace('"compact_fc.v"', '"../compact_fc.v"'))
        with pytest.raises(EdgemlError, match="compact_fc.v': string should match pattern"):
            VerilogManifest.read(tmp_path)
