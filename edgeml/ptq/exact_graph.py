"""The exact graph of a quantized network, by the importer of ONNX; refusals name the float network's layers.

Invariant: the graph is the importer's; only the words of its refusals are of this package.
"""

from __future__ import annotations

from pathlib import Path

from edgeml import importers
from edgeml.errors import EdgemlError
from edgeml.importers import Imported, ImportOptions, SourceFile
from edgeml.importers.affine.steps import MOST_CODES, ManyCodesError
from edgeml.ptq.emit import BEHIND

_FORMAT = "onnx"


def exact_graph(content: bytes, file: str, options: ImportOptions) -> Imported:
    """The import of a quantized network.

    Args:
        content: as `emit.qonnx` writes it.
        file: its name in the run folder.
        options: of the import.

    Raises:
        EdgemlError: a result is quantized to more codes than the importer proves; names the setting.
    """
    try:
        return importers.read(SourceFile(Path(file), content), options, _FORMAT)
    except EdgemlError as error:
        cause = _cause(error)
        if cause is None:
            raise
        layer = cause.where.removesuffix(BEHIND)
        bits = MOST_CODES.bit_length() - 1
        raise EdgemlError(
            f"is quantized to {cause.count.bit_length() - 1} bits behind factors that are no powers of two",
            layer,
            f"--bits {bits}, or this result alone: --set quantize.layers.{layer}.activations={bits} "
            f"(quantize_graph: settings={{'layers.{layer}.activations': {bits}}})",
        ) from error


def _cause(error: BaseException | None) -> ManyCodesError | None:
    """The first error behind an error, if it is of too many codes."""
    while error is not None and not isinstance(error, ManyCodesError):
        error = error.__cause__
    return error
