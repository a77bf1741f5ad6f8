"""The beats that pass on a bus, and what the parts of hw/rtl that move elements make of them.

These are claims about the parts, of their parameters alone: `bench` compares each with its instance, driven
by Verilator with tags.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from edgeml.backends.verilog.proof.words import Signal
from edgeml.errors import EdgemlError
from edgeml.fixed import IntArray
from edgeml.ir.structure import NONE


@dataclass(frozen=True, eq=False)
class PassedBeats:
    """The beats of one sample on a bus.

    Args:
        value: whose elements pass.
        ids: (beats, lanes) the number of each element in C order; NONE for a constant.
        codes: (beats, lanes) of constants.
        width: bits of a lane.
        signed: lanes are two's complement.
        valid: the signal that says that a beat is there.
    """

    value: str
    ids: IntArray
    codes: IntArray
    width: int
    signed: bool
    valid: Signal

    @property
    def count(self) -> int:
        """Beats of a sample."""
        return self.ids.shape[0]

    @property
    def lanes(self) -> int:
        """Elements of a beat."""
        return self.ids.shape[1]

    @property
    def bits(self) -> int:
        """Bits of a beat."""
        return self.lanes * self.width

    def shaped(self, ids: IntArray, codes: IntArray) -> PassedBeats:
        """Other beats of the same elements."""
        return replace(self, ids=ids, codes=codes)

    def elements(self, codes: IntArray) -> IntArray:
        """The codes in the lanes (batch, beats, lanes) for codes of the value (batch, elements)."""
        return np.where(self.ids == NONE, self.codes, codes[:, np.maximum(self.ids, 0)])


def every_element(value: str, count: int, lanes: int, width: int, signed: bool, valid: Signal) -> PassedBeats:
    """A value whose elements pass in C order."""
    ids = np.arange(count * lanes).reshape(count, lanes)
    return PassedBeats(value, ids, np.zeros_like(ids), width, signed, valid)


def _need(holds: bool, what: str) -> None:
    if not holds:
        raise EdgemlError(f"has parameters that do not belong together: {what}")


def delivered(x: PassedBeats, values: Mapping[str, int]) -> PassedBeats:
    """edgeml_skid, edgeml_fifo and every way of edgeml_fork: the same beats in the same order."""
    _need(values["WIDTH"] == x.bits, f"WIDTH {values['WIDTH']} for beats of {x.bits} bits")
    _need(1 <= values.get("ADDRESS", 1) <= 32, "ADDRESS")
    return x


def serialized(x: PassedBeats, values: Mapping[str, int]) -> PassedBeats:
    """edgeml_serialize: each beat as PARTS beats, the lowest part first."""
    parts = values["PARTS"]
    _need(2 <= parts <= 1 << values["COUNT"], "PARTS and COUNT")
    _need(values["PART"] * parts == x.bits and x.lanes % parts == 0, "PART and PARTS")
    shape = (x.count * parts, x.lanes // parts)
    return x.shaped(x.ids.reshape(shape), x.codes.reshape(shape))


def collected(x: PassedBeats, values: Mapping[str, int]) -> PassedBeats:
    """edgeml_collect: PARTS beats as one, the first in the lowest bits."""
    parts = values["PARTS"]
    _need(1 <= parts <= 1 << values["COUNT"], "PARTS and COUNT")
    _need(values["PART"] == x.bits and x.count % parts == 0, "PART and PARTS")
    shape = (x.count // parts, x.lanes * parts)
    return x.shaped(x.ids.reshape(shape), x.codes.reshape(shape))


def windows(x: PassedBeats, values: Mapping[str, int]) -> PassedBeats:
    """edgeml_window: the pixels of each window in C order, FILL where they are padding."""
    size = [values[f"{side}"] for side in ("HEIGHT", "WIDTH")]
    before = [values["PAD_TOP"], values["PAD_LEFT"]]
    after = [values["PAD_BOTTOM"], values["PAD_RIGHT"]]
    full = [sum(ends) for ends in zip(size, before, after, strict=True)]
    reach, stride, count = (
        [values[f"{what}_{axis}"] for axis in "YX"] for what in ("REACH", "STRIDE", "COUNT")
    )
    _need(values["PIXEL"] == x.bits and size[0] * size[1] == x.count, "PIXEL, HEIGHT and WIDTH")
    _need(min(*before, *after) >= 0 and 0 <= values["FILL"] < 1 << x.bits, "PAD and FILL")
    for axis in range(2):
        _need(1 <= reach[axis] <= full[axis] and stride[axis] >= 1, "REACH and STRIDE")
        _need(max(full[axis], stride[axis]) <= 1 << count[axis], "COUNT")
    _need(reach[0] == 1 or full[1] > 1, "WIDTH")
    fill = [(values["FILL"] >> at * x.width) & ((1 << x.width) - 1) for at in range(x.lanes)]
    if x.signed:
        fill = [code - ((code >> (x.width - 1)) << x.width) for code in fill]
    places = np.full(full, NONE)
    inner = tuple(slice(first, first + n) for first, n in zip(before, size, strict=True))
    places[inner] = np.arange(x.count).reshape(size)
    views = np.lib.stride_tricks.sliding_window_view(places, reach)[:: stride[0], :: stride[1]]
    pixels = views.reshape(-1, reach[0] * reach[1])
    is_fill = (pixels == NONE)[..., np.newaxis]
    ids = np.where(is_fill, NONE, x.ids[np.maximum(pixels, 0)])
    codes = np.where(is_fill, np.array(fill), x.codes[np.maximum(pixels, 0)])
    return x.shaped(ids.reshape(len(pixels), -1), codes.reshape(len(pixels), -1))


MOVES = {
    "edgeml_skid": delivered,
    "edgeml_fifo": delivered,
    "edgeml_fork": delivered,
    "edgeml_serialize": serialized,
    "edgeml_collect": collected,
    "edgeml_window": windows,
}
"""The beats behind a part that moves elements, by module."""


def sums(x: PassedBeats, module: str, values: Mapping[str, int]) -> tuple[int, int]:
    """The beats behind a part that adds up or compares, and their lanes.

    Raises:
        EdgemlError: its parameters do not belong together.
    """
    lanes, element = values["LANES"], values["ELEMENT"]
    _need(element == x.width, f"ELEMENT {element} for lanes of {x.width} bits")
    if module == "edgeml_reduce":
        _need(lanes == x.lanes and values["BEATS"] == x.count, "LANES and BEATS")
        _need(values["RESULT"] >= element and x.count <= 1 << values["COUNT"], "RESULT and COUNT")
        return 1, lanes
    beats, count = values["BEATS"], 1 << values["COUNT"]
    _need(1 <= beats <= count and values["OUTPUTS"] >= 1, "BEATS and COUNT")
    if values["PAIRS"] != 0:
        _need(values["PAIRS"] == 1 and values["SUM"] > values["WEIGHT"], "PAIRS, SUM and WEIGHT")
        _need(not values.get("EACH", 0), "PAIRS and EACH")
    if module == "edgeml_fold":
        _need(lanes == x.lanes and x.count % beats == 0, "LANES and BEATS")
        return x.count // beats, values["OUTPUTS"]
    passes, each = values["PASSES"], values["EACH"] != 0
    parts = beats * passes if each else beats
    _need(values["PARTS"] == parts and parts * lanes == x.lanes, "PARTS and LANES")
    _need(1 <= passes <= count and parts <= count, "PASSES and COUNT")
    _need(beats * passes <= 1 << values["ADDRESS"], "ADDRESS")
    outputs = values["OUTPUTS"]
    _need(values["PRODUCTS"] == (lanes if each else lanes * outputs), "PRODUCTS")
    _need(not each or lanes == outputs, "LANES and OUTPUTS")
    return x.count * passes, outputs
