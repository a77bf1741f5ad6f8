"""Frames, and what is left of them on a line that disturbs them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeml.errors import EdgemlError
from edgeml.synth.top.protocol import Decoder, Frame, FrameType, Identity, SelfTestResult

FRAMES = st.builds(Frame, st.sampled_from(list(FrameType)), st.integers(0, 0xFFFF), st.binary(max_size=40))
IDENTITY = Identity("ab" * 32, 64, 20, 30, 12_000_000, 9, 1, "digits_mlp", "icebreaker")


def everything(data: bytes, step: int = 1 << 20) -> tuple[list[Frame], int]:
    decoder, frames = Decoder(), []
    for start in range(0, len(data), step):
        frames += decoder.feed(data[start : start + step])
    frames += decoder.finish()
    return frames, decoder.skipped


def test_a_frame_on_the_line() -> None:
    # CRC-16/IBM-3740, bit by bit.
    crc = 0xFFFF
    for bit in "".join(f"{byte:08b}" for byte in bytes.fromhex("0101020000")):
        crc = (crc << 1 & 0xFFFF) ^ (0x1021 if (crc >> 15) ^ int(bit) else 0)
    assert crc == 0xA389
    assert Frame(FrameType.IDENTIFY, 0x0201).encode() == bytes.fromhex("a50101020000a389")
    assert Frame(FrameType.ERROR, 0, b"\x01").encode() == bytes.fromhex("a5800000010001fd21")


@given(st.lists(FRAMES, max_size=5), st.integers(1, 50))
def test_frames_survive_in_pieces(frames: list[Frame], step: int) -> None:
    assert everything(b"".join(frame.encode() for frame in frames), step) == (frames, 0)


@given(st.binary(max_size=30), FRAMES, st.binary(max_size=30).filter(lambda b: 0xA5 not in b))
def test_a_frame_is_found_between_garbage(before: bytes, frame: Frame, after: bytes) -> None:
    found, skipped = everything(before + frame.encode() + after)
    assert frame in found
    assert skipped + sum(len(f.encode()) for f in found) == len(before + frame.encode() + after)


@given(FRAMES, st.integers(0), st.integers(1, 255))
def test_a_changed_byte_is_no_frame(frame: Frame, place: int, change: int) -> None:
    data = bytearray(frame.encode())
    data[place % len(data)] ^= change
    assert frame not in everything(bytes(data))[0]


@given(FRAMES, st.integers(0))
def test_half_a_frame_is_none(frame: Frame, cut: int) -> None:
    data = frame.encode()
    assert frame not in everything(data[: cut % len(data)])[0]


def test_a_claimed_length_does_not_hold_up_what_follows() -> None:
    good = Frame(FrameType.ERROR, 1, b"\x01")
    decoder = Decoder(longest=100)
    assert decoder.feed(bytes.fromhex("a583000000ff") + good.encode()) == [good]


def test_identity_and_report_survive() -> None:
    assert Identity.decode(IDENTITY.encode()) == IDENTITY
    for report in (SelfTestResult(64, 0, None, 9, False), SelfTestResult(3, 2, 1, 1 << 20, True)):
        assert SelfTestResult.decode(report.encode()) == report
    assert SelfTestResult(64, 0, None, 9, False).passed
    assert not SelfTestResult(0, 0, None, 0, False).passed and not SelfTestResult(5, 0, None, 0, True).passed


@pytest.mark.parametrize("cut", range(1, len(IDENTITY.encode()) - 11))
def test_a_short_identity_is_refused(cut: int) -> None:
    with pytest.raises(EdgemlError, match="cut short"):
        Identity.decode(IDENTITY.encode()[:cut])


def test_another_version_is_refused() -> None:
    with pytest.raises(EdgemlError, match="version 2 of the protocol, 1 expected"):
        Identity.decode(b"\x02" + IDENTITY.encode()[1:])
    with pytest.raises(EdgemlError, match="version none"):
        Identity.decode(b"")
    with pytest.raises(EdgemlError, match="another length"):
        SelfTestResult.decode(b"\x00")
