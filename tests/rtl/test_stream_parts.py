"""The parts of folded layers and of reductions: data, protocol under stalls, the figures of their models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeml.backends.verilog.stream.memory import packed_word, rom
from edgeml.backends.verilog.stream.timing import Collect, ProductModel, Reduce
from edgeml.errors import EdgemlError
from edgeml.tools import verilator
from tests.rtl.bench import STREAM, drive
from tests.rtl.test_primitives import less_borrows, random_beats

pytestmark = [
    pytest.mark.tool,
    pytest.mark.slow,
    pytest.mark.skipif(bool(verilator.missing()), reason=verilator.missing() or "-"),
]


def signed(codes: np.ndarray, bits: int) -> np.ndarray:
    codes = codes.astype(np.int64)
    return codes - ((codes >> (bits - 1)) << bits)


def parts(beats: np.ndarray, bits: int, count: int) -> np.ndarray:
    places = np.arange(count, dtype=np.uint64) * np.uint64(bits)
    return (beats[..., np.newaxis] >> places) & np.uint64((1 << bits) - 1)


@pytest.mark.parametrize("maximum", [0, 1])
@pytest.mark.parametrize("is_signed", [0, 1])
def test_reduce(maximum: int, is_signed: int, tmp_path: Path) -> None:
    beats = random_beats(40, 6, 10)
    body = (
        f"edgeml_reduce #(.LANES(2), .ELEMENT(5), .SIGNED({is_signed}), .RESULT(9), .MAXIMUM({maximum}), "
        f".BEATS(6), .COUNT(3)) u (\n{STREAM});"
    )
    got = drive(tmp_path, body, lambda: [Reduce(6)], beats, (10, 18), 1)
    values = parts(beats, 5, 2)
    values = signed(values, 5) if is_signed else values.astype(np.int64)
    expected = values.max(axis=1) if maximum else values.sum(axis=1)
    np.testing.assert_array_equal(parts(got[:, 0, :1], 9, 2)[:, 0] & np.uint64(511), expected & 511)


def test_collect(tmp_path: Path) -> None:
    beats = random_beats(40, 6, 7)
    body = f"edgeml_collect #(.PART(7), .PARTS(3), .COUNT(2)) u (\n{STREAM});"
    got = drive(tmp_path, body, lambda: [Collect(3)], beats, (7, 21), 2)
    np.testing.assert_array_equal(parts(got[..., 0], 7, 3).reshape(40, 6), beats)


PRODUCTS = [
    (2, 2, 1, False, 1),
    (4, 1, 3, False, 1),
    (3, 2, 2, True, 1),
    (1, 1, 4, True, 0),
    (4, 1, 3, False, 1, 1),
    (2, 2, 2, False, 0, 1),
]
"""Beats, lanes, passes, depthwise, signed elements, outputs in pairs."""


def bench(
    beats: int, lanes: int, passes: int, depthwise: int, is_signed: int, pairs: int = 0
) -> tuple[str, str, tuple]:
    """A product in the bench, its memories, and weights (passes, beats, lanes[, outputs]) and biases."""
    rng = np.random.default_rng([beats, lanes, passes])
    outputs = lanes if depthwise else 2
    shape = (passes, beats, lanes) if depthwise else (passes, beats, lanes, outputs)
    weights, bias = rng.integers(-8 + pairs, 8, shape), rng.integers(-60, 60, (passes, outputs))
    stored = less_borrows(weights, bool(pairs))
    text = rom("weights_rom", "weights", stored.reshape(passes * beats, -1), 4)
    text += rom("bias_rom", "bias", bias, 12)
    taps, products = (beats * passes, lanes) if depthwise else (beats, lanes * outputs)
    begin = ".bias(b)" if passes > 1 else f".bias({packed_word(bias[0], 12)})"
    bits = max(1, (passes - 1).bit_length())
    pins = "clk(clk), .ce(ce)"
    word = max(1, (passes * beats - 1).bit_length())
    body = f"""
  wire [3:0] address; wire [2:0] group; wire ce;
  wire [{products * 4 - 1}:0] w; wire [{outputs * 12 - 1}:0] b;
  weights_rom u_w (.{pins}, .address(address[{word - 1}:0]), .weights(w));
  bias_rom u_b (.{pins}, .address(group[{bits - 1}:0]), .weights(b));
  edgeml_product #(.LANES({lanes}), .ELEMENT(4), .SIGNED({is_signed}), .OUTPUTS({outputs}), .WEIGHT(4),
    .SUM(12), .BEATS({beats}), .PASSES({passes}), .EACH({int(depthwise)}), .PARTS({taps}),
    .PRODUCTS({products}), .COUNT(3), .ADDRESS(4), .PAIRS({pairs})) u (
    .address(address), .group(group), .ce(ce), .weights(w), {begin},
{STREAM});
"""
    return body, text, (weights, bias)


def run(
    case: tuple[int, ...], folder: Path, edit: tuple[str, str] = ("", "")
) -> tuple[np.ndarray, np.ndarray]:
    """The sums of a product in simulation, and the right ones."""
    beats, lanes, passes, depthwise, is_signed, *_ = case
    body, memories, (weights, bias) = bench(*case)
    taps = beats * passes * lanes if depthwise else beats * lanes
    outputs = bias.shape[1]
    given = random_beats(60, 1, taps * 4)
    elements = parts(given[:, 0], 4, taps)
    elements = signed(elements, 4) if is_signed else elements.astype(np.int64)
    if depthwise:
        expected = np.einsum("nbpl,pbl->npl", elements.reshape(60, beats, passes, lanes), weights) + bias
    else:
        expected = np.einsum("nbl,pblo->npo", elements.reshape(60, beats, lanes), weights) + bias
    got = drive(
        folder,
        body,
        lambda: [ProductModel(beats, passes)],
        given,
        (taps * 4, outputs * 12),
        passes,
        lambda text: text.replace(*edit) if edit[0] else text,
        memories=memories,
    )
    return signed(parts(got[..., 0], 12, outputs), 12), expected


@pytest.mark.parametrize("case", PRODUCTS)
def test_product(case: tuple[int, ...], tmp_path: Path) -> None:
    got, expected = run(case, tmp_path)
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize(
    ("edit", "case"),
    [
        (("pass1 <= pass;", "pass1 <= {COUNT{1'b0}};"), PRODUCTS[1]),
        (("s_ready = ce & last & last_pass", "s_ready = ce & last"), PRODUCTS[1]),
        (("~bias[o*SUM + SUM - 1]", "bias[o*SUM + SUM - 1]"), PRODUCTS[4]),
    ],
)
def test_a_wrong_line_of_a_product_is_found(
    edit: tuple[str, str], case: tuple[int, ...], tmp_path: Path
) -> None:
    try:
        got, expected = run(case, tmp_path, edit)
    except EdgemlError:
        return  # the protocol or the clocks tell
    assert not np.array_equal(got, expected)
