"""Report formats, one file each with `FORMATS`. The folder is the registry.

To add a format, write `edgeml/vendor/formats/NAME.py` with `FORMATS = (Format(...), ...)` and add a report
of it to `tests/vendor/reports/`.
"""

from __future__ import annotations

from edgeml.errors import EdgemlError
from edgeml.folder import ModuleFolder
from edgeml.vendor.base import Format

_FOLDER = ModuleFolder("report format", __name__)


def names() -> tuple[str, ...]:
    """The names of all files, sorted."""
    return _FOLDER.names()


def load(name: str) -> tuple[Format, ...]:
    """The formats that one file reads.

    Raises:
        EdgemlError: there is no such file, or it lacks `FORMATS`.
    """
    formats = _FOLDER.declared(name, "FORMATS", tuple)
    if not formats or not all(isinstance(one, Format) for one in formats):
        raise EdgemlError("FORMATS is a tuple with at least one Format", str(_FOLDER.path(name)))
    return formats
