"""edgeml: quantization-aware Keras networks to FPGAs, with every integer checked.

The public API; heavy libraries load only when a function that needs them is called.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

from edgeml._version import __version__

if TYPE_CHECKING:
    from edgeml.api import (
        check,
        emit,
        emulator,
        estimate,
        export,
        load,
        lower,
        report,
        synth,
        trace,
        train,
    )
    from edgeml.api_diagnose import diagnose
    from edgeml.api_import import import_model
    from edgeml.api_lint import lint
    from edgeml.api_mcu import fit_mcus
    from edgeml.api_prove import prove
    from edgeml.api_quantize import quantize, quantize_graph
    from edgeml.errors import EdgemlError, MissingToolError
    from edgeml.fixed import FixedType, Overflow, Round
    from edgeml.ir import Builder, Graph, evaluate
    from edgeml.keras.quantized_model import quantized

__all__ = [
    "Builder",
    "EdgemlError",
    "FixedType",
    "Graph",
    "MissingToolError",
    "Overflow",
    "Round",
    "__version__",
    "check",
    "diagnose",
    "emit",
    "emulator",
    "estimate",
    "evaluate",
    "export",
    "fit_mcus",
    "import_model",
    "lint",
    "load",
    "lower",
    "prove",
    "quantize",
    "quantize_graph",
    "quantized",
    "report",
    "synth",
    "trace",
    "train",
]

_HOMES = {
    "edgeml.api": (
        *("check", "emit", "emulator", "estimate", "export", "load", "lower"),
        *("report", "synth", "trace", "train"),
    ),
    "edgeml.api_diagnose": ("diagnose",),
    "edgeml.api_import": ("import_model",),
    "edgeml.api_lint": ("lint",),
    "edgeml.api_mcu": ("fit_mcus",),
    "edgeml.api_prove": ("prove",),
    "edgeml.api_quantize": ("quantize", "quantize_graph"),
    "edgeml.errors": ("EdgemlError", "MissingToolError"),
    "edgeml.fixed": ("FixedType", "Overflow", "Round"),
    "edgeml.ir": ("Builder", "Graph", "evaluate"),
    "edgeml.keras.quantized_model": ("quantized",),
}


def __getattr__(name: str) -> object:
    import importlib

    for home, names in _HOMES.items():
        if name in names:
            importlib.import_module("edgeml.install").refuse_foreign()
            return getattr(importlib.import_module(home), name)
    raise AttributeError(f"module 'edgeml' has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)


class _Api(ModuleType):
    """This module: its functions are not hidden by packages of the same name, see docs/adr/0024."""

    def __setattr__(self, name: str, value: object) -> None:
        # `import edgeml.report`, wherever it happens, would set `edgeml.report` to the package.
        if not (isinstance(value, ModuleType) and name in __all__):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Api
