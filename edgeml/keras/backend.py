"""The door to TensorFlow, Keras and QKeras: one function that imports them, quietly and in one configuration.

Invariant: whatever edgeml computes with Keras is computed by the TensorFlow back end in float32, by kernels
that add products as they are: a sum whose every partial sum is exact in float32 comes out exact. oneDNN's do
so on x86, where TensorFlow asks for its direct convolution, and halve the time of training convolutions;
elsewhere they may transform convolutions (Winograd) and are off.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from edgeml import install
from edgeml.errors import EdgemlError, MissingToolError
from edgeml.frameworks import import_quietly


def import_keras() -> ModuleType:
    """The `keras` module, with TensorFlow and QKeras imported as well.

    Sets KERAS_BACKEND, and TF_CPP_MIN_LOG_LEVEL, TF_ENABLE_ONEDNN_OPTS where they are not set, before
    the first import (ADR 0124).

    Raises:
        MissingToolError: a package is not installed.
        EdgemlError: Keras was already imported with another back end, or is set to channels_first or
            to another float type than float32; or another package than qkeras-v3 has the name qkeras.
    """
    _import("tensorflow")
    keras = _import("keras")
    qkeras = _import("qkeras")
    if keras.backend.backend() != "tensorflow":
        raise EdgemlError(
            f"Keras runs on the {keras.backend.backend()} back end",
            "keras",
            "start Python with KERAS_BACKEND=tensorflow, or import edgeml's functions before keras",
        )
    if keras.backend.floatx() != "float32":
        raise EdgemlError(
            f"Keras is set to {keras.backend.floatx()}", "keras", "use keras.config.set_floatx('float32')"
        )
    if keras.backend.image_data_format() != "channels_last":
        raise EdgemlError(
            "Keras is set to channels_first",
            "keras",
            "use keras.config.set_image_data_format('channels_last')",
        )
    _check_qkeras(keras, qkeras)
    _name_recurrent_layers()
    return keras


def import_qkeras() -> ModuleType:
    """The `qkeras` module (package qkeras-v3).

    Raises:
        MissingToolError: a package is not installed.
        EdgemlError: as `import_keras`.
    """
    import_keras()
    return _import("qkeras")


def _check_qkeras(keras: ModuleType, qkeras: ModuleType) -> None:
    """HGQ2 ships a `qkeras` of its own, and that of google/qkeras has the layers of Keras 2."""
    layers = [getattr(qkeras, name, None) for name in ("QActivation", "QDense", "QConv2DBatchnorm")]
    if not all(isinstance(kind, type) and issubclass(kind, keras.layers.Layer) for kind in layers):
        raise EdgemlError(
            "the package imported as qkeras is not qkeras-v3 (HGQ2, for one, ships its own)",
            str(getattr(qkeras, "__file__", "qkeras")),
            "use an environment of its own for edgeml: " + install.command("train"),
        )


def _name_recurrent_layers() -> None:
    """Let QKeras' recurrent layers keep their name, which version 1.2.1 gives to their cell instead.

    QLSTM(4, name="memory") would be called "qlstm", and "qlstm_1" once it is loaded again.
    """
    module = _import("qkeras.qrecurrent")
    pop = module._pop_rnn_kwargs
    if getattr(pop, "keeps_name", False):
        return

    def keeping_name(kwargs: dict[str, Any]) -> dict[str, Any]:
        name = {"name": kwargs.pop("name")} if "name" in kwargs else {}
        kwargs["name"] = "cell"  # or Keras numbers it, and weights' paths depend on what was built before
        return {**pop(kwargs), **name}

    keeping_name.keeps_name = True  # type: ignore[attr-defined]
    setattr(module, "_pop_rnn_kwargs", keeping_name)  # noqa: B010


def _import(name: str) -> ModuleType:
    if name in sys.modules:
        return sys.modules[name]
    try:
        return import_quietly(name)
    except ModuleNotFoundError as error:
        package = "qkeras-v3" if error.name == "qkeras" else str(error.name)
        raise MissingToolError(
            f"the package {package} is not installed", name, install.command("train")
        ) from None
