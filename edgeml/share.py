"""The shipped data folders: `models/` (presets) and `hw/` (boards, RTL).

In a source checkout (and an editable install, which points at it) they are top-level folders; in a wheel they
lie inside the package, in `share_data/`. Invariant: nothing else in edgeml knows this. To ship another one,
add it to `_FOLDERS` here and to the wheel's `include` and `sources` in pyproject.toml.
"""

from __future__ import annotations

from pathlib import Path

from edgeml import install
from edgeml.errors import EdgemlError, unknown_name

_FOLDERS = ("hw", "models")


def share_dir(name: str) -> Path:
    """The shipped folder `name`, "models" or "hw".

    Raises:
        EdgemlError: there is no such folder in edgeml, or this installation lost it.

    >>> (share_dir("hw") / "boards").is_dir()
    True
    """
    if name not in _FOLDERS:
        raise unknown_name("shared folder", name, _FOLDERS)
    package = Path(__file__).resolve().parent
    packed = package / "share_data"
    folder = (packed if packed.is_dir() else package.parent) / name
    if not folder.is_dir():
        raise EdgemlError("a folder that ships with edgeml is missing", str(folder), install.reinstall())
    return folder
