"""The version of Keras that wrote a .keras file.

Invariant: whatever the file holds, a text comes back; nothing of the file is run.
"""

from __future__ import annotations

import re
from contextlib import suppress

from edgeml.archives import opened
from edgeml.errors import EdgemlError
from edgeml.reading import FAULTS, parse_json

AGAIN = "save the model again with model.save('model.keras')"

UNLOADABLE = {
    "QDenseBatchnorm": "save it as model.h5, or use QDense and BatchNormalization",
    "QDepthwiseConv2DBatchnorm": "save it as model.h5, or use QDepthwiseConv2D and BatchNormalization",
    "quantized_hswish": "use an Activation('hard_swish') and a QActivation(quantized_bits(...))",
}
"""Classes that QKeras saves and cannot load, and what to do instead."""


_VERSION = re.compile(r"\d+\.\d+[\w.+-]{0,20}")


def keras_version(content: bytes) -> str:
    """The version of Keras that wrote a .keras file; empty if the file does not say."""
    with suppress(*FAULTS, EdgemlError), opened(content, "", "is no .keras file") as archive:
        info = archive.getinfo("metadata.json")
        if info.file_size < 1 << 16:
            return _clean(parse_json(archive.read(info), "", "metadata").get("keras_version"))
    return ""


def _clean(value: object) -> str:
    text = value.decode("ascii", "replace") if isinstance(value, bytes) else str(value or "")
    return text if _VERSION.fullmatch(text) else ""
