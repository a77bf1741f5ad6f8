"""Untrusted archives: zip files and NumPy's .npz, whose directories and headers are read first.

Refused before a byte is unpacked: encrypted members, members that overlap (a few kilobytes of such a file
unpack to petabytes), duplicate names, compression other than stored and deflated, more members or bytes
than `edgeml.limits` allows. An array has exactly the bytes that its header says, of a plain type of numbers.

Invariant: at most the bytes that the directory declares are ever in memory.
"""

from __future__ import annotations

import io
import math
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from edgeml import limits
from edgeml.errors import EdgemlError
from edgeml.files import read_bytes
from edgeml.reading import refusing

_ENCRYPTED = 0x1
_LOCAL_HEADER = 30
_KINDS = "biuf"
PLAIN = "biufcSUmM"
"""Every kind but Python objects and records, for readers that check the kind themselves."""

_LONGEST_HEADER = 10_000


@contextmanager
def opened(
    content: bytes, where: str | os.PathLike[str], what: str, hint: str = ""
) -> Iterator[zipfile.ZipFile]:
    """A zip archive whose directory is in order.

    Args:
        content: the file's bytes.
        where: the file.
        what: the message for a file that is no archive: "is not a .keras file, or was cut short".
        hint: what to do.

    Raises:
        EdgemlError: it is no archive or one of those above, or the block meets a damaged member.
    """
    with refusing(where, what, hint), zipfile.ZipFile(io.BytesIO(content)) as archive:
        _check_directory(archive.infolist(), len(content), os.fspath(where), hint)
        yield archive


def read_npz(
    path: str | os.PathLike[str], what: str, hint: str = "", kinds: str = _KINDS
) -> dict[str, np.ndarray[Any, Any]]:
    """All arrays of an .npz, never unpickling.

    Args:
        path: the file.
        what: description of the file for messages ("golden vectors").
        hint: what to do if it is damaged.
        kinds: NumPy's letters of the kinds of numbers that may be in it.

    Raises:
        EdgemlError: it is missing, cut short, too large, or holds something else than numbers.
    """
    hint = hint or f"the {what} must be written again"
    content = read_bytes(path, what)
    arrays: dict[str, np.ndarray[Any, Any]] = {}
    with opened(content, path, "is not a readable .npz", hint) as archive:
        for member in archive.infolist():
            if not member.filename.endswith(".npy"):
                raise EdgemlError(f"its member {member.filename!r} is no array", str(path), hint)
            with archive.open(member) as file:
                arrays[member.filename.removesuffix(".npy")] = _array(file, member, kinds)
    return arrays


def _check_directory(members: list[zipfile.ZipInfo], size: int, where: str, hint: str) -> None:
    limits.MEMBERS.check(len(members), "the archive has", where)
    total = sum(member.file_size for member in members)
    limits.UNPACKED.check(total, "the archive has", where)
    if total > limits.SMALL:
        limits.EXPANSION.check(math.ceil(total / max(size, 1)), "the archive unpacks to", where)
    names: set[str] = set()
    end = 0
    for member in sorted(members, key=lambda member: member.header_offset):
        wrong = ""
        if member.flag_bits & _ENCRYPTED:
            wrong = "is encrypted"
        elif member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            wrong = "is packed in a way that is not read"
        elif member.filename in names:
            wrong = "is there twice"
        elif member.header_offset < end or member.compress_size > size:
            wrong = "overlaps another one"
        elif member.compress_type == zipfile.ZIP_STORED and member.compress_size != member.file_size:
            wrong = "has two different sizes"
        if wrong:
            raise EdgemlError(f"its member {Path(member.filename).name[:60]!r} {wrong}", where, hint)
        names.add(member.filename)
        end = member.header_offset + _LOCAL_HEADER + member.compress_size


def _array(file: Any, member: zipfile.ZipInfo, kinds: str) -> np.ndarray[Any, Any]:
    """The array in a member; its size is compared with its header before it is read."""
    name = member.filename
    version = np.lib.format.read_magic(file)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in readers:
        raise ValueError(f"{name} is an array of format {version}")
    shape, fortran, dtype = readers[version](file, max_header_size=_LONGEST_HEADER)
    if dtype.kind not in kinds or dtype.shape:
        raise ValueError(f"{name} holds {dtype}, not numbers")
    if any(not isinstance(n, int) or n < 0 for n in shape):
        raise ValueError(f"{name} has the shape {shape}")
    count = math.prod(shape)
    if count * dtype.itemsize != member.file_size - file.tell():
        raise ValueError(f"{name} has another size than its header says")
    flat = np.frombuffer(file.read(), dtype)
    array = flat.reshape(shape[::-1]).transpose() if fortran else flat.reshape(shape)
    return array.astype(dtype.newbyteorder("="))  # a writable copy
