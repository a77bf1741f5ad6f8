"""Every part of hw/rtl by itself: data, protocol under stalls and resets, and the figures of its model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from edgeml.backends.verilog.stream.timing import Fifo, Fold, Pipe, Serialize, Skid, Window
from edgeml.errors import EdgemlError
from edgeml.share import share_dir
from edgeml.tools import verilator
from tests.rtl.bench import STREAM, drive

pytestmark = [
    pytest.mark.tool,
    pytest.mark.skipif(bool(verilator.missing()), reason=verilator.missing() or "-"),
]

SOURCES = sorted((share_dir("hw") / "rtl").glob("*.v"))


def random_beats(samples: int, beats: int, bits: int) -> NDArray[np.uint64]:
    return np.random.default_rng([samples, beats, bits]).integers(0, 1 << bits, (samples, beats), np.uint64)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_every_part_is_lint_clean_and_named_after_its_file(path: Path, tmp_path: Path) -> None:
    assert f"\nmodule {path.stem} #(" in path.read_text()
    verilator.lint([path], path.stem, tmp_path / "log")


@pytest.mark.slow
def test_skid(tmp_path: Path) -> None:
    beats = random_beats(40, 3, 11)
    got = drive(tmp_path, f"edgeml_skid #(.WIDTH(11)) u (\n{STREAM});", lambda: [Skid()], beats, (11, 11), 3)
    np.testing.assert_array_equal(got[..., 0], beats)


@pytest.mark.slow
@pytest.mark.parametrize("stages", [1, 4])
def test_pipe_control_and_delay(stages: int, tmp_path: Path) -> None:
    body = f"""
  wire ce;
  edgeml_pipe_control #(.STAGES({stages})) u_control (.clk(clk), .rst(rst),
    .s_valid(s_valid), .s_ready(ready), .ce(ce), .m_valid(m_axis_tvalid), .m_ready(m_axis_tready));
  edgeml_delay #(.WIDTH(9), .CYCLES({stages})) u_delay (
    .clk(clk), .ce(ce), .d(s_axis_tdata), .q(m_axis_tdata));"""
    beats = random_beats(60, 2, 9)
    got = drive(tmp_path, body, lambda: [Pipe(stages)], beats, (9, 9), 2)
    np.testing.assert_array_equal(got[..., 0], beats)


@pytest.mark.slow
@pytest.mark.parametrize("address", [1, 3])
def test_fifo(address: int, tmp_path: Path) -> None:
    beats = random_beats(50, 7, 13)
    body = f"edgeml_fifo #(.WIDTH(13), .ADDRESS({address})) u (\n{STREAM});"
    got = drive(tmp_path, body, lambda: [Fifo(1 << address)], beats, (13, 13), 7)
    np.testing.assert_array_equal(got[..., 0], beats)


@pytest.mark.slow
@pytest.mark.parametrize(("part", "parts"), [(5, 2), (3, 7), (1, 8)])
def test_serialize(part: int, parts: int, tmp_path: Path) -> None:
    beats = random_beats(50, 2, part * parts)
    count = max(1, (parts - 1).bit_length())
    body = f"edgeml_serialize #(.PART({part}), .PARTS({parts}), .COUNT({count})) u (\n{STREAM});"
    got = drive(tmp_path, body, lambda: [Serialize(parts)], beats, (part * parts, part), 2 * parts)
    places = np.arange(parts, dtype=np.uint64) * np.uint64(part)
    expected = (beats[..., np.newaxis] >> places) & np.uint64((1 << part) - 1)
    np.testing.assert_array_equal(got[..., 0], expected.reshape(50, -1))


WINDOWS = [
    ((1, 7), (1, 3), (1, 1), ((0, 0), (0, 0))),
    ((5, 6), (3, 3), (1, 1), ((0, 0), (0, 0))),
    ((5, 6), (3, 3), (1, 1), ((1, 1), (1, 1))),
    ((6, 5), (2, 2), (2, 2), ((0, 0), (0, 0))),
    ((4, 5), (2, 3), (3, 2), ((2, 0), (1, 2))),
    ((3, 4), (1, 1), (2, 3), ((0, 1), (1, 0))),
    ((4, 2), (4, 1), (1, 1), ((0, 0), (0, 0))),
]


def windows(
    size: tuple[int, int],
    reach: tuple[int, int],
    strides: tuple[int, int],
    padding: tuple,
    fill: int,
    edit=None,
):
    """Body, model, and the reference: beats (samples, pixels) to windows (samples, windows, taps)."""
    (top, bottom), (left, right) = padding
    rows, columns = top + size[0] + bottom, left + size[1] + right
    counts = (max(1, (rows - 1).bit_length()), max(1, (columns - 1).bit_length()))
    body = f"""edgeml_window #(.PIXEL(4), .HEIGHT({size[0]}), .WIDTH({size[1]}),
    .REACH_Y({reach[0]}), .REACH_X({reach[1]}), .STRIDE_Y({strides[0]}), .STRIDE_X({strides[1]}),
    .PAD_TOP({top}), .PAD_BOTTOM({bottom}), .PAD_LEFT({left}), .PAD_RIGHT({right}),
    .COUNT_Y({counts[0]}), .COUNT_X({counts[1]}), .FILL(4'd{fill})) u (\n{STREAM});"""

    def reference(beats: NDArray[np.uint64]) -> NDArray[np.uint64]:
        image = np.pad(beats.reshape(-1, *size), ((0, 0), *padding), constant_values=fill)
        view = np.lib.stride_tricks.sliding_window_view(image, reach, axis=(1, 2))
        view = view[:, :: strides[0], :: strides[1]]
        return view.reshape(len(beats), -1, reach[0] * reach[1])

    return body, lambda: [Window(size, reach, strides, padding)], reference


def taps(got: NDArray[np.uint64], count: int) -> NDArray[np.uint64]:
    """Windows of 4-bit pixels from words of 64 bits."""
    bits = np.unpackbits(np.ascontiguousarray(got).view(np.uint8), axis=-1, bitorder="little")[
        ..., : 4 * count
    ]
    return (bits.reshape(*bits.shape[:-1], count, 4) * (1 << np.arange(4))).sum(-1).astype(np.uint64)


@pytest.mark.slow
@pytest.mark.parametrize(("size", "reach", "strides", "padding"), WINDOWS)
def test_window(size, reach, strides, padding, tmp_path: Path) -> None:
    body, parts, reference = windows(size, reach, strides, padding, fill=9)
    beats = random_beats(12, size[0] * size[1], 4)
    expected = reference(beats)
    count = reach[0] * reach[1]
    got = drive(tmp_path, body, parts, beats, (4, 4 * count), expected.shape[1])
    np.testing.assert_array_equal(taps(got, count), expected)


def less_borrows(weights: NDArray[np.int64], paired: bool) -> NDArray[np.int64]:
    """Weights as stored for pairs of outputs: the second one's less one where the first one's is negative."""
    stored = weights.copy()
    if paired:
        for output in range(1, weights.shape[-1], 2):
            stored[..., output] -= weights[..., output - 1] < 0
    return stored


FOLDS = [
    (1, 5, False, 4, 3, 14, 6),
    (3, 4, True, 3, 4, 16, 4),
    (2, 3, False, 2, 2, 6, 1),
    (1, 4, True, 3, 4, 12, 5),
]


def fold(
    lanes: int,
    element: int,
    signed: bool,
    outputs: int,
    weight: int,
    total: int,
    beats: int,
    paired: bool = False,
):
    """Body with a memory of random weights, and those weights (beats, lanes, outputs)."""
    rng = np.random.default_rng(lanes)
    least = -(1 << (weight - 1)) + paired  # the upper of two weights may be stored less one
    weights = rng.integers(least, 1 << (weight - 1), (beats, lanes, outputs))
    count, width = max(1, (beats - 1).bit_length()), lanes * outputs * weight
    words = []
    for beat, row in enumerate(less_borrows(weights, paired).reshape(beats, -1)):
        code = sum((int(w) & ((1 << weight) - 1)) << (i * weight) for i, w in enumerate(row))
        words.append(f"words[{beat}] = {width}'h{code:x};")
    body = f"""
  wire ce;
  wire [{count - 1}:0] address;
  reg [{width - 1}:0] weights, words [0:{beats - 1}];
  always @(posedge clk) if (ce) weights <= words[address];
  initial begin {" ".join(words)} end
  edgeml_fold #(.LANES({lanes}), .ELEMENT({element}), .SIGNED({int(signed)}), .OUTPUTS({outputs}),
    .WEIGHT({weight}), .SUM({total}), .BEATS({beats}), .COUNT({count}), .PAIRS({int(paired)})) u (
    .address(address), .ce(ce), .weights(weights),
{STREAM});"""
    return body, weights


def folded(
    beats: NDArray[np.uint64], weights: NDArray[np.int64], element: int, signed: bool
) -> NDArray[np.int64]:
    places = np.arange(weights.shape[1], dtype=np.uint64) * np.uint64(element)
    x = ((beats[..., np.newaxis] >> places) & np.uint64((1 << element) - 1)).astype(np.int64)
    if signed:
        x = np.where(x >= 1 << (element - 1), x - (1 << element), x)
    return np.einsum("sbl,blo->so", x, weights)


def sums(got: NDArray[np.uint64], total: int, outputs: int) -> NDArray[np.int64]:
    bits = np.unpackbits(np.ascontiguousarray(got).view(np.uint8), axis=-1, bitorder="little")[
        ..., : total * outputs
    ]
    codes = (bits.reshape(-1, outputs, total).astype(np.int64) << np.arange(total)).sum(-1)
    return np.where(codes >= 1 << (total - 1), codes - (1 << total), codes)


@pytest.mark.slow
@pytest.mark.parametrize(("lanes", "element", "signed", "outputs", "weight", "total", "beats"), FOLDS)
def test_fold(lanes, element, signed, outputs, weight, total, beats, tmp_path: Path) -> None:
    body, weights = fold(lanes, element, signed, outputs, weight, total, beats)
    given = random_beats(40, beats, lanes * element)
    got = drive(tmp_path, body, lambda: [Fold(beats)], given, (lanes * element, total * outputs), 1)
    expected = folded(given, weights, element, signed)
    wrapped = (expected + (1 << (total - 1))) % (1 << total) - (1 << (total - 1))
    np.testing.assert_array_equal(sums(got, total, outputs), wrapped)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "which"),
    [
        ("<= first3 ?", "<= last3 ?", 1),
        ("ce & valid3", "ce & valid2", 1),
        ("{sign, ", "{1'b0, ", 1),
        ("(first3 ?", "(last3 ?", 3),
        ("ce & valid3", "ce & valid2", 3),
        ("{sign, ", "{1'b0, ", 3),
    ],
)
def test_a_broken_fold_is_found(old: str, new: str, which: int, tmp_path: Path) -> None:
    lanes, element, signed, outputs, weight, total, beats = FOLDS[which]
    body, weights = fold(lanes, element, signed, outputs, weight, total, beats)
    assert old in (share_dir("hw") / "rtl" / "edgeml_fold.v").read_text()
    given = random_beats(40, beats, lanes * element)
    got = drive(
        tmp_path,
        body,
        lambda: [Fold(beats)],
        given,
        (lanes * element, total * outputs),
        1,
        lambda text: text.replace(old, new),
    )
    assert not np.array_equal(sums(got, total, outputs), folded(given, weights, element, signed))


PAIRS = [(1, 4, True, 3, 4, 9, 5), (2, 3, False, 4, 3, 8, 5)]
"""Sums that need all of their bits, to either end."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "which"),
    [
        ("", "", 0),
        ("", "", 1),
        ("{total[SUM +: SUM], ~total", "{total[SUM +: SUM] - total[SUM-1], ~total", 0),
        ("{{SUM{1'b0}}, 1'b1, ", "{{SUM{1'b0}}, 1'b0, ", 1),
        ("{low[WEIGHT-1]}", "{1'b0}", 0),
    ],
)
def test_two_outputs_share_multipliers_and_a_sum(old: str, new: str, which: int, tmp_path: Path) -> None:
    lanes, element, signed, outputs, _, total, beats = PAIRS[which]
    body, weights = fold(*PAIRS[which], paired=True)
    assert old in (share_dir("hw") / "rtl" / "edgeml_fold.v").read_text()
    given = random_beats(60, beats, lanes * element)
    expected = folded(given, weights, element, signed)
    keep = np.all(np.abs(expected * 2 + 1) < 1 << total, axis=1)
    assert keep.sum() >= 30 and (np.abs(expected[keep]) >= 1 << (total - 2)).any()
    got = drive(
        tmp_path,
        body,
        lambda: [Fold(beats)],
        given,
        (lanes * element, total * outputs),
        1,
        lambda text: text.replace(old, new) if old else text,
    )
    same = np.array_equal(sums(got, total, outputs)[keep], expected[keep])
    assert same == (not old)


@pytest.mark.slow
def test_a_model_that_differs_from_its_module_is_found(tmp_path: Path) -> None:
    body = f"edgeml_skid #(.WIDTH(8)) u (\n{STREAM});"
    with pytest.raises(EdgemlError, match="the latency is 1 clocks, edgeml.json promises 2"):
        drive(tmp_path, body, lambda: [Pipe(2)], random_beats(4, 1, 8), (8, 8), 1)
