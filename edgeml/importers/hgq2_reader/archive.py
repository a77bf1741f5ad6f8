"""The parts of a .keras archive with layers of HGQ2: its layers in order, their settings and variables.

Keras names the group of a layer's variables after its class, counted in the order of the model's layers.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.archives import opened
from edgeml.errors import EdgemlError
from edgeml.keras.stored import check_weights
from edgeml.reading import parse_json, refusing

AGAIN = "save it again with model.save"
_DAMAGED = "is not a .keras file, or was cut short"


@dataclass(frozen=True, eq=False)
class StoredLayer:
    """A layer as the archive has it.

    Args:
        name: of the layer.
        kind: its class.
        settings: its configuration.
        inputs: names of the layers that it reads, in order.
        variables: its arrays, by their path within the layer ("vars/0", "kq/quantizer/vars/1").
    """

    name: str
    kind: str
    settings: Mapping[str, Any]
    inputs: tuple[str, ...]
    variables: Mapping[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class StoredModel:
    """A model as the archive has it: layers in topological order, and the names of its outputs."""

    layers: tuple[StoredLayer, ...]
    outputs: tuple[str, ...]


def is_hgq2(content: bytes) -> bool:
    """True for a .keras archive in which a class is registered by HGQ2; never an error."""
    try:
        with opened(content, "", _DAMAGED) as archive:
            return b'"hgq>' in archive.read("config.json")
    except (EdgemlError, KeyError):
        return False


def stored_model(content: bytes, where: str) -> StoredModel:
    """Take an archive apart.

    Raises:
        EdgemlError: it is damaged, or no Sequential or functional model.
    """
    check_weights(content, where)
    with opened(content, where, _DAMAGED, AGAIN) as archive:
        text, weights = (archive.read(name) for name in ("config.json", "model.weights.h5"))
    config = parse_json(text, where, "Keras configuration", AGAIN, "holds no Keras model")
    with refusing(where, "has a damaged configuration", AGAIN):
        kind, settings = str(config["class_name"]), config["config"]
        if kind not in ("Sequential", "Functional"):
            raise EdgemlError(
                f"is a model of the class {kind}", where, "build it as a Sequential or functional model"
            )
        arrays = _arrays(weights, where)
        layers = tuple(_ordered(tuple(_layers(kind, settings["layers"], arrays)), where))
        outputs = (layers[-1].name,) if kind == "Sequential" else tuple(_names(settings["output_layers"]))
    return StoredModel(layers, outputs)


def _arrays(content: bytes, where: str) -> Mapping[str, NDArray[Any]]:
    import h5py

    arrays: dict[str, NDArray[Any]] = {}

    def visit(name: str, entry: Any) -> None:
        if isinstance(entry, h5py.Dataset):
            arrays[name] = np.asarray(entry[()])

    with refusing(where, "has damaged weights", AGAIN), h5py.File(io.BytesIO(content), "r") as file:
        file.visititems(visit)
    return arrays


def _layers(kind: str, entries: Any, arrays: Mapping[str, NDArray[Any]]) -> Iterator[StoredLayer]:
    counts: dict[str, int] = {}
    before: tuple[str, ...] = ()
    for entry in entries:
        group = _snake(str(entry["class_name"]))
        number = counts.get(group, 0)
        counts[group] = number + 1
        path = f"layers/{group}{f'_{number}' if number else ''}/"
        own = {name.removeprefix(path): a for name, a in arrays.items() if name.startswith(path)}
        settings = entry["config"]
        if str(entry.get("registered_name") or "").startswith("hgq>") and "name" not in settings:
            settings = settings["config"]  # HGQ2 writes the configuration as an object of its own
        name = str(entry.get("name") or settings.get("name") or path.split("/")[1])
        inputs = before if kind == "Sequential" else tuple(_sources(entry["inbound_nodes"], name))
        before = (name,)
        yield StoredLayer(name, str(entry["class_name"]), settings, inputs, own)


def _ordered(layers: tuple[StoredLayer, ...], where: str) -> Iterator[StoredLayer]:
    """The layers, each behind those that it reads."""
    left, behind = list(layers), set[str]()
    while left:
        ready = next((layer for layer in left if behind.issuperset(layer.inputs)), None)
        if ready is None:
            raise EdgemlError("its layers read each other in a circle", where, AGAIN)
        left.remove(ready)
        behind.add(ready.name)
        yield ready


def _sources(nodes: Any, layer: str) -> Iterator[str]:
    """The layers whose results a layer reads, in order."""
    if len(nodes) > 1:
        raise EdgemlError("is called more than once", f"layer {layer}", "give each call a layer of its own")
    for node in nodes:
        yield from _histories([node["args"], node["kwargs"]])


def _histories(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__":
            yield str(value["config"]["keras_history"][0])
        else:
            for part in value.values():
                yield from _histories(part)
    elif isinstance(value, list):
        for part in value:
            yield from _histories(part)


def _names(layers: Any) -> Iterator[str]:
    """Layer names of ["name", 0, 0] or a list of such."""
    if layers and isinstance(layers[0], str):
        yield layers[0]
    else:
        for part in layers:
            yield from _names(part)


def _snake(name: str) -> str:
    """A class name as Keras writes it in paths.

    >>> _snake("QConv2D"), _snake("QDense"), _snake("InputLayer"), _snake("ReLU")
    ('q_conv2d', 'q_dense', 'input_layer', 're_lu')
    """
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
