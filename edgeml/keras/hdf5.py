"""HDF5 files of Keras, read without Keras: a whole model, or the weights of one, in any version's layout.

There are two layouts. The old one has a group per layer, by its name, with the names of its weights as an
attribute. The new one, of Keras 2.13 and later, has groups named after classes, counted, with numbered
weights in `vars`; a model of Keras 2 has them below `_layer_checkpoint_dependencies`, others below `layers`.

Invariant: every weight of the model gets exactly one array of the file, of its own shape, or there is an
error that names the layer.
"""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import EdgemlError
from edgeml.keras.architecture import MODELS, leaves
from edgeml.keras.stored import check_hdf5
from edgeml.keras.writer import AGAIN
from edgeml.reading import refusing

MAGIC = b"\x89HDF\r\n\x1a\n"

_UNDER_PRUNING = "PruneLowMagnitude"
"""The class of the wrapper of pruning, which has arrays of its own around layers without weights too."""

_OF_PRUNING = ("mask", "threshold", "pruning_step")
_COUNTER = "iteration"
"""Steps of training, which QConv2DBatchnorm counts; Keras leaves them out of a file of weights alone."""

_CONTAINERS = ("_layer_checkpoint_dependencies", "layers", "_functional/layers")
_ROOTS = ("model_weights", "")

Array = NDArray[Any]


@contextmanager
def opened_hdf5(content: bytes, where: str) -> Iterator[Any]:
    """An HDF5 file in memory, all of whose arrays are in it and no larger than they may be.

    Raises:
        EdgemlError: it is damaged, refers to other files, or declares more than it holds.
    """
    import h5py

    check_hdf5(content, where)
    with refusing(where, "is a damaged HDF5 file", AGAIN), h5py.File(io.BytesIO(content), "r") as file:
        yield file


def configuration(content: bytes, where: str) -> bytes:
    """The JSON text of the model in an HDF5 file.

    Raises:
        EdgemlError: it is damaged, or holds weights alone.
    """
    with opened_hdf5(content, where) as file:
        text = file.attrs.get("model_config")
        if text is None:
            raise EdgemlError(
                "holds weights and no architecture",
                where,
                "give the architecture as well, as model.to_json() gives it: model.json --weights FILE",
            )
        return text if isinstance(text, bytes) else str(text).encode()


def assign_weights(model: Any, config: dict[str, Any], content: bytes, where: str) -> None:
    """Give every weight of a model its array.

    Args:
        model: a Keras model, built.
        config: its architecture as `edgeml.keras.architecture.upgraded` gave it.
        content: of an HDF5 file with the weights.
        where: the file, for messages.

    Raises:
        EdgemlError: the file is damaged, or its arrays are not those of the model.
    """
    with opened_hdf5(content, where) as file:
        root = next(file[name] if name else file for name in _ROOTS if not name or name in file)
        by_name = any(key.startswith("layer_names") for key in root.attrs)
        arrays = _by_name(model, config, root) if by_name else _by_class(model, config, root, where)
        _assign(model, dict(arrays), where)


def _assign(model: Any, arrays: Mapping[int, Array], where: str) -> None:
    for layer in _layers(model):
        for weight in layer.weights:
            place = f"{where}: {layer.name}"
            array = arrays.get(id(weight))
            if array is None and weight.name == _COUNTER:
                continue
            if array is None:
                raise EdgemlError(f"has no weight {weight.name} for this layer", place, _OTHER)
            if tuple(array.shape) != tuple(weight.shape):
                raise EdgemlError(
                    f"has a {weight.name} of shape {tuple(array.shape)}, {tuple(weight.shape)} expected",
                    place,
                    _OTHER,
                )
            if array.dtype.kind not in "fiub":
                raise EdgemlError(f"has a {weight.name} of type {array.dtype}, no numbers", place, AGAIN)
            weight.assign(array)


_OTHER = "give the weights of the same architecture"


def _layers(model: Any) -> list[Any]:
    import keras

    return [layer for layer in model._flatten_layers(recursive=True) if not isinstance(layer, keras.Model)]


def _pairs(model: Any, config: dict[str, Any]) -> Iterator[tuple[dict[str, Any], Any]]:
    """The layers of a model with their entries in the configuration, whose order is the file's."""
    for entry in config["config"]["layers"]:
        if entry["class_name"] != "InputLayer":
            yield entry, model.get_layer(str(entry["config"]["name"]))


# ---------------------------------------------------------------- the old layout, by name


def _by_name(model: Any, config: dict[str, Any], root: Any) -> Iterator[tuple[int, Array]]:
    """Arrays by weight; the group of a nested model holds those of all of its layers."""
    for entry, layer in _pairs(model, config):
        name = layer.name
        group = root.get(name)
        stored = [] if group is None else _named(group)
        if entry["class_name"] not in MODELS:
            yield from _matched(layer, stored)
            continue
        inner = {str(leaf["config"]["name"]): leaf for leaf in leaves(entry)}
        parts: dict[str, list[tuple[str, Array]]] = defaultdict(list)
        for path, array in stored:
            owner = next((part for part in reversed(path.split("/")[:-1]) if part in inner), "")
            parts[owner].append((path, array))
        for below in _layers(layer):
            yield from _matched(below, parts.get(below.name, []))


def _named(group: Any) -> list[tuple[str, Array]]:
    """The weights of a layer's group in their order, by name; those of pruning itself are left out."""
    names: list[str] = []
    for key in ("weight_names", *(f"weight_names{n}" for n in range(len(group.attrs)))):
        names += [n.decode() if isinstance(n, bytes) else str(n) for n in group.attrs.get(key, ())]
    return [
        (name, np.asarray(group[name])) for name in dict.fromkeys(names) if _base(name) not in _OF_PRUNING
    ]


def _base(name: str) -> str:
    """A weight's own name: "kernel" of "fc1/kernel:0"."""
    return name.split("/")[-1].split(":")[0].lstrip("_")


def _matched(layer: Any, stored: Sequence[tuple[str, Array]]) -> Iterator[tuple[int, Array]]:
    """Weights and arrays of one layer, by name where the names are the same, else in their order."""
    weights = list(layer.weights)
    model_names, file_names = ([_base(name) for name in names] for names in (
        [weight.name for weight in weights], [name for name, _ in stored]
    ))  # fmt: skip
    if sorted(model_names) != sorted(file_names):
        if len(model_names) == len(file_names):
            yield from ((id(weight), array) for weight, (_, array) in zip(weights, stored, strict=True))
        return
    left = defaultdict(list)
    for base, (_, array) in zip(file_names, stored, strict=True):
        left[base].append(array)
    for base, weight in zip(model_names, weights, strict=True):
        yield id(weight), left[base].pop(0)


# ---------------------------------------------------------------- the new layout, by class


def _by_class(model: Any, config: dict[str, Any], root: Any, where: str) -> Iterator[tuple[int, Array]]:
    """Arrays by weight; the n-th layer of a class that has weights has the n-th group that has arrays."""
    container = next((root[name] for name in _CONTAINERS if name in root), None)
    if container is None:
        raise EdgemlError("holds no weights of layers", where, AGAIN)
    by_class: dict[str, list[tuple[dict[str, Any], Any]]] = defaultdict(list)
    for entry, layer in _pairs(model, config):
        if layer.weights:
            kind = _UNDER_PRUNING if entry.get("pruned") else entry["class_name"]
            kind = "Functional" if kind == "Model" else kind
            by_class[_snake_case(kind)].append((entry, layer))
    for kind, owners in by_class.items():
        names = [name for name in container if re.fullmatch(rf"{re.escape(kind)}(_\d+)?", name)]
        below = "layer" if kind == _snake_case(_UNDER_PRUNING) else ""
        groups = [
            container[name] for name in sorted(names, key=_number) if _has_arrays(container[name], below)
        ]
        if len(groups) != len(owners):
            raise EdgemlError(
                f"has weights of {len(groups)} layers {owners[0][0]['class_name']}, the model {len(owners)}",
                where,
                _OTHER,
            )
        for (entry, layer), group in zip(owners, groups, strict=True):
            if entry["class_name"] in MODELS:
                yield from _by_class(layer, entry, group, where)
            else:
                yield from _numbered(layer, group["layer"] if entry.get("pruned") else group)


def _numbered(layer: Any, group: Any) -> Iterator[tuple[int, Array]]:
    """A layer's own weights by number, and those of the layers that it has as attributes."""
    own = [*layer._trainable_variables, *layer._non_trainable_variables]
    stored = group.get("vars", {})
    for number, weight in enumerate(own):
        if str(number) in stored:
            yield id(weight), np.asarray(stored[str(number)])
    for name in group:
        below = getattr(layer, name, None) if name.isidentifier() and not name.startswith("__") else None
        if name != "vars" and hasattr(below, "_trainable_variables"):
            yield from _numbered(below, group[name])


def _has_arrays(group: Any, below: str = "") -> bool:
    """True if a group, or what it has below a name, holds arrays."""
    if below:
        return below in group and _has_arrays(group[below])
    names: list[str] = []

    def visit(name: str, item: Any) -> bool | None:
        if hasattr(item, "shape"):
            names.append(name)
            return True
        return None

    if hasattr(group, "visititems"):
        group.visititems(visit)
    return bool(names)


def _number(name: str) -> int:
    match = re.search(r"_(\d+)$", name)
    return int(match[1]) if match else 0


def _snake_case(name: str) -> str:
    """The name of a class's groups, as Keras makes it.

    >>> _snake_case("QConv2DBatchnorm"), _snake_case("Dense")
    ('q_conv2d_batchnorm', 'dense')
    """
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", name))
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
