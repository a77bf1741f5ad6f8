"""C compared with what would be written today: every file, token by token, and the manifest."""

from __future__ import annotations

from pathlib import Path

from edgeml.backends.c.ports import MANIFEST, CManifest
from edgeml.deviations import Deviation
from edgeml.deviations.text import compare_text
from edgeml.files import FileSet, read_bytes

_COMPUTING = (".c", ".h", ".hpp")


def compare_program(folder: Path, fresh: FileSet) -> tuple[Deviation, ...]:
    """Deviations of the files: per file the first line that differs.

    Project files that build are compared too; a difference there is one of text, it computes the same.

    Args:
        folder: where the C lies.
        fresh: what would be written today.

    Raises:
        EdgemlError: a file cannot be read.
    """
    deviations: list[Deviation] = []
    for name in fresh:
        path = folder / name
        if name == MANIFEST:
            continue
        if not path.is_file():
            deviations.append(Deviation(name, "is missing"))
        else:
            content = read_bytes(path, "file of the C project")
            text = not name.endswith(_COMPUTING)
            deviations += [
                Deviation(name, deviation.what, text)
                for deviation in compare_text(name, content, fresh[name])
            ]
    there, promised = CManifest.read(folder / MANIFEST), CManifest.parse(fresh[MANIFEST], MANIFEST)
    for name in CManifest.model_fields:
        if name != "options" and getattr(there, name) != getattr(promised, name):
            deviations.append(Deviation(MANIFEST, f"{name} is not the one of a fresh emission"))
    return tuple(deviations)
