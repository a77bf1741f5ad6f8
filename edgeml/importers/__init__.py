"""Models that were trained elsewhere, as exact graphs: one reader per format in `formats/`.

    imported = importers.read(SourceFile(path, content), ImportOptions("net"))
    rows = importers.compare(imported, x)       # with its own framework, layer by layer

To add a format, write `edgeml/importers/formats/NAME.py` with `IMPORTER` and
`tests/importers/formats/NAME.py` with a small file of it; `tests/importers/test_contract.py` does the rest.
"""

from __future__ import annotations

from edgeml.errors import EdgemlError
from edgeml.folder import ModuleFolder
from edgeml.importers.base import (
    Imported,
    Importer,
    ImportOptions,
    InputLayout,
    SourceFile,
    SourceModel,
)
from edgeml.importers.compare import compare
from edgeml.runconfig import KERAS_FORMATS

__all__ = [
    "ImportOptions",
    "Imported",
    "Importer",
    "InputLayout",
    "SourceFile",
    "SourceModel",
    "choose",
    "compare",
    "load",
    "names",
    "read",
]


_FOLDER = ModuleFolder("format", f"{__name__}.formats")


def names() -> tuple[str, ...]:
    """The formats, by file name, sorted."""
    return _FOLDER.names()


def load(name: str) -> Importer:
    """The reader of a format.

    Raises:
        EdgemlError: there is none of that name.
    """
    return _FOLDER.declared(name, "IMPORTER", Importer)


def choose(source: SourceFile) -> str:
    """The name of the format that a file is of.

    A file that no reader recognizes goes to the first one for its suffix, which says what is wrong with it.

    Raises:
        EdgemlError: no format has such files, or weights lie beside a file that has them itself.
    """
    name = _chosen(source)
    if source.weights is not None and not load(name).weights_apart:
        raise EdgemlError("has its weights itself", source.where, "leave --weights out")
    return name


def _chosen(source: SourceFile) -> str:
    importers = {name: load(name) for name in names()}
    suffix = source.path.suffix.lower()
    fitting = [name for name, importer in importers.items() if importer.recognize(source.content)]
    if len(fitting) > 1:  # a .weights.h5 and a whole model begin alike
        fitting = [name for name in fitting if suffix in importers[name].suffixes] or fitting
    if fitting:
        return fitting[0]
    by_suffix = [name for name, importer in importers.items() if suffix in importer.suffixes]
    if by_suffix:  # a damaged .keras archive is more likely one of Keras than one of HGQ2
        return next((name for name in by_suffix if name in KERAS_FORMATS), by_suffix[0])
    suffixes = sorted({suffix for importer in importers.values() for suffix in importer.suffixes})
    raise EdgemlError(
        f"cannot import {suffix or 'a file without suffix'}",
        source.where,
        f"give a file of a trained model: {', '.join(suffixes)}",
    )


def read(source: SourceFile, options: ImportOptions, name: str = "") -> Imported:
    """The exact graph of a file, whichever format it is of.

    Args:
        source: the file.
        options: what the user says of it.
        name: of the format; found by its contents if empty.

    Raises:
        EdgemlError: as `choose` and `Importer.read`; an input has no axis beside that of the samples.
        MissingToolError: a package that the format takes is not installed.
    """
    imported = load(name or choose(source)).read(source, options)
    for port in imported.graph.inputs:
        if not imported.graph.info(port).shape:
            raise EdgemlError(
                f"the input {port!r} has no axis beside that of the samples",
                source.where,
                "give it one: an input of one feature has the shape (1,) of a sample, (1, 1) with the batch",
            )
    return imported
