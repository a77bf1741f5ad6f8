"""A model that Keras 3 does not load by itself, built again from its architecture and given its weights.

Invariant: the weights are the file's, each of them; what the model was compiled with is not looked at.
"""

from __future__ import annotations

import copy
from typing import Any

from edgeml.errors import EdgemlError
from edgeml.keras import layers
from edgeml.keras.architecture import leaves, upgraded
from edgeml.keras.backend import import_keras, import_qkeras
from edgeml.keras.configuration import check_code, check_sizes
from edgeml.keras.hdf5 import assign_weights
from edgeml.keras.registry import snake_case
from edgeml.keras.writer import AGAIN, UNLOADABLE
from edgeml.reading import error_text, parse_json

_LONGEST = 300
_CAUSE = "Exception encountered: "


def rebuilt(text: bytes, weights: bytes, where: str) -> Any:
    """The Keras model of a configuration, with its weights.

    Args:
        text: the configuration, JSON, of any version of Keras.
        weights: of the HDF5 file that holds them.
        where: the file, for messages.

    Returns:
        keras.Model, not compiled.

    Raises:
        EdgemlError: the configuration is damaged, holds code or classes other than those of Keras and QKeras,
            is not built by Keras 3, or its weights are not the file's.
        MissingToolError: TensorFlow, Keras or QKeras is not installed.
    """
    config = parse_json(text, where, "Keras configuration", AGAIN, "holds no readable Keras configuration")
    check_code(config, where)
    check_sizes(config, len(weights), where)
    keras = import_keras()
    architecture = upgraded(config, where)
    try:
        # Keras takes the configuration apart.
        model = keras.saving.deserialize_keras_object(
            copy.deepcopy(architecture), custom_objects=_unregistered(), safe_mode=True
        )
    except EdgemlError:
        raise
    except Exception as error:  # Keras raises whatever it likes over settings that it does not take
        for leaf in leaves(architecture):
            name = str(leaf["class_name"])
            if name != "InputLayer" and snake_case(name) not in layers.names():
                raise EdgemlError(
                    f"the layer {name} is not covered, and Keras {keras.__version__} does not build it",
                    f"{where}: {leaf['config'].get('name', name)}",
                    layers.FOLDER.instead(name),
                ) from error
        innermost = str(error).rpartition(_CAUSE)[2]  # Keras repeats every configuration in front of it
        reason = error_text(ValueError(innermost) if innermost else error)[:_LONGEST]
        remedy = next((UNLOADABLE[name] for name in UNLOADABLE if name in reason), AGAIN)
        raise EdgemlError(
            f"Keras {keras.__version__} does not build its model: {reason}", where, remedy
        ) from error
    assign_weights(model, architecture, weights, where)
    return model


def _unregistered() -> dict[str, type]:
    """The layers that qkeras-v3 does not register with Keras, by the name that `upgraded` gives them."""
    return {"qkeras>QDenseBatchnorm": import_qkeras().QDenseBatchnorm}
