"""TFRecord files and the `tf.train.Example` in each record, read without TensorFlow.

A file is a row of records: 8 bytes of length, 4 of the length's CRC-32C, the data, 4 of the data's CRC. An
Example is a protocol buffer: a map from names to lists of bytes, of float32 or of int64
(tensorflow/core/example/feature.proto). The CRC of the data is not computed.

Invariant: a record is read only after its length has the checksum that is stored with it, so a file that is
truncated, compressed or no TFRecord ends in one error.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from edgeml.datasets._base import Array
from edgeml.errors import EdgemlError

Feature: TypeAlias = list[bytes] | Array

_HEAD, _TAIL = 12, 4  # bytes around the data of a record
_POLYNOMIAL, _MASK = 0x82F63B78, 0xA282EAD8  # CRC-32C, and what TensorFlow adds to it
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5  # wire types


def places_of(file: Path) -> list[tuple[int, int]]:
    """Offset and length of the data of every record.

    Raises:
        EdgemlError: the file is no TFRecord, compressed, or truncated.
    """
    size, offset = file.stat().st_size, 0
    places: list[tuple[int, int]] = []
    with file.open("rb") as stream:
        while offset < size:
            stream.seek(offset)
            head = stream.read(_HEAD)
            if head[:2] == b"\x1f\x8b":
                raise EdgemlError("is compressed", str(file), "write it without compression")
            if len(head) < _HEAD or _crc(head[:8]) != struct.unpack("<I", head[8:])[0]:
                what = f"is no TFRecord file, or damaged: record {len(places)} at byte {offset}"
                raise EdgemlError(what, str(file), "write it by tf.io.TFRecordWriter, or get it again")
            length = struct.unpack("<Q", head[:8])[0]
            places.append((offset + _HEAD, length))
            offset += _HEAD + length + _TAIL
    if offset != size:
        raise EdgemlError(f"is truncated in record {len(places) - 1}", str(file), "get it again")
    return places


def example(data: bytes) -> dict[str, Feature]:
    """The features of an Example by name: bytes, or float32 or int64 of shape (n,).

    Raises:
        ValueError: the data are no Example.
    """
    features: dict[str, Feature] = {}
    for part in _lists(data, 1):
        for entry in _lists(part, 1):
            name, value = (b"".join(_lists(entry, number)[-1:]) for number in (1, 2))
            features[name.decode()] = _feature(value)
    return features


def _feature(data: bytes) -> Feature:
    for number, content in _fields(data):
        if isinstance(content, int):
            raise ValueError("a list is a number")
        values = _lists(content, 1)
        if number == 1:
            return values
        if number == 2:
            return np.frombuffer(b"".join(values), "<f4")
        if number == 3:
            single = [value for key, value in _fields(content) if key == 1 and isinstance(value, int)]
            return np.array(single, np.uint64).view(np.int64) if single else _varints(b"".join(values))
    return []


def _varints(data: bytes) -> Array:
    """Packed int64: seven bits per byte, the lowest first; the last byte of each is below 128."""
    raw = np.frombuffer(data, np.uint8)
    if not raw.size:
        return np.zeros(0, np.int64)
    if raw[-1] > 127:
        raise ValueError("a number has no end")
    ends = np.flatnonzero(raw < 128)
    starts = np.concatenate([[0], ends[:-1] + 1])
    place = np.arange(raw.size) - np.repeat(starts, ends - starts + 1)
    shifted = (raw & 127).astype(np.uint64) << (7 * place).astype(np.uint64)
    return np.add.reduceat(shifted, starts).view(np.int64)


def _lists(data: bytes, number: int) -> list[bytes]:
    return [value for key, value in _fields(data) if key == number and not isinstance(value, int)]


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Number and value of every field of a message.

    Raises:
        ValueError: the message is damaged.
    """
    offset = 0
    while offset < len(data):
        key, offset = _varint(data, offset)
        wire = key & 7
        if wire == _VARINT:
            value, offset = _varint(data, offset)
            yield key >> 3, value
            continue
        if wire == _BYTES:
            length, offset = _varint(data, offset)
        elif wire in (_FIXED32, _FIXED64):
            length = 4 if wire == _FIXED32 else 8
        else:
            raise ValueError(f"wire type {wire}")
        if offset + length > len(data):
            raise ValueError("a field is longer than the message")
        yield key >> 3, data[offset : offset + length]
        offset += length


def _varint(data: bytes, offset: int) -> tuple[int, int]:
    value = shift = 0
    while offset < len(data) and shift < 70:
        byte = data[offset]
        value, shift, offset = value | (byte & 127) << shift, shift + 7, offset + 1
        if byte < 128:
            return value & (2**64 - 1), offset
    raise ValueError("a number has no end")


def _crc(data: bytes) -> int:
    """TensorFlow's masked CRC-32C.

    >>> hex(_crc(bytes(8)))
    '0x7980329'
    """
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)
    value ^= 0xFFFFFFFF
    return ((value >> 15 | value << 17) + _MASK) & 0xFFFFFFFF
