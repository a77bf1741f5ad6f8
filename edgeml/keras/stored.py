"""The weights in a .keras file, looked at before Keras reads them: how large they are, and where they lie.

HDF5 can declare an array of gigabytes that takes a few bytes, and one whose values are in another file of the
machine. Neither is what Keras writes.

Invariant: only headers are read.
"""

from __future__ import annotations

import io
from typing import Any

from edgeml import limits
from edgeml.archives import opened
from edgeml.errors import EdgemlError
from edgeml.keras.writer import AGAIN
from edgeml.reading import refusing


def check_weights(content: bytes, where: str) -> None:
    """Refuse weights that are not all in the file, or declare more than they hold.

    Args:
        content: of a .keras file.
        where: the file.

    Raises:
        EdgemlError: see above, or an HDF5 file in it is damaged.
    """
    with opened(content, where, "is not a .keras file, or was cut short", AGAIN) as archive:
        for member in archive.infolist():
            if member.filename.endswith(".h5"):
                check_hdf5(archive.read(member), where, f"its {member.filename}")


def check_hdf5(content: bytes, where: str, what: str = "the file") -> None:
    """The same of an HDF5 file.

    Args:
        content: its bytes.
        where: the file, or that which it is in.
        what: what it is called there.

    Raises:
        EdgemlError: as `check_weights`.
    """
    import h5py

    declared = 0
    outside: list[str] = []  # h5py does not let an exception out of a visit as it is

    def visit(name: str, entry: Any) -> None:
        nonlocal declared
        if isinstance(entry, h5py.Dataset):
            if entry.external or entry.is_virtual:
                outside.append(name)
            declared += entry.nbytes

    def link(name: str, entry: Any) -> None:
        if isinstance(entry, h5py.ExternalLink):
            outside.append(name)

    with (
        refusing(where, f"{what} is damaged", AGAIN),
        h5py.File(io.BytesIO(content), "r") as file,
    ):
        file.visititems_links(link)
        file.visititems(visit)
    if outside:
        raise EdgemlError(f"its weights {outside[0]} lie in another file", where, AGAIN)
    if declared > limits.SMALL:
        times = -(-declared // max(1, len(content)))
        limits.EXPANSION.check(times, f"{what} declares weights of", where)
