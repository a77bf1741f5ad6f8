"""Classes of Keras by name: an optimizer, a loss or a schedule as a preset or `--set` states it.

Names are Keras' own, in any of its spellings: "MeanSquaredError", "mean_squared_error", and for losses the
short ones of `keras.losses.get`, such as "mse".

Invariant: a name or an argument that Keras does not have is refused with near matches before anything is
trained. An argument that edgeml itself sets is refused too, with the setting that takes its place.

To add a module of Keras, write a function that calls `keras_class` and `built`, as `optimizer.py` does.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from edgeml.errors import EdgemlError, near_names, unknown_name
from edgeml.presets import KerasClass


def keras_class(
    kind: str,
    module: ModuleType,
    base: type,
    stated: KerasClass,
    where: str,
    refused: Mapping[str, str],
    ours: Sequence[str] = (),
) -> type:
    """The class that a setting names.

    Args:
        kind: what a member of the module is called in messages, "optimizer".
        module: the public module of Keras that holds the classes.
        base: their base class.
        stated: name and arguments.
        where: the setting, for messages.
        refused: classes of the module that edgeml cannot use, with the reason and what to do.
        ours: names that edgeml has beside those of Keras, for near matches.

    Raises:
        EdgemlError: Keras has no such class, or edgeml cannot use it.
    """
    classes = {
        _plain(name): value
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, base) and value is not base
    }
    chosen = classes.get(_plain(stated.name)) or classes.get(_plain(_short(module, stated.name)))
    if chosen is None:
        usable = {value.__name__ for value in classes.values()} - set(refused)
        error = unknown_name(kind, stated.name, usable.union(ours), where)
        if near_names(stated.name, usable.union(ours)) or not (near := near_names(stated.name, refused)):
            raise error
        raise EdgemlError(error.what, where, f"{near[0]} {refused[near[0]]}")
    if chosen.__name__ in refused:
        raise EdgemlError(f"{chosen.__name__} {refused[chosen.__name__]}", where)
    return chosen


def built(
    chosen: type, stated: KerasClass, where: str, fixed: Mapping[str, Any], own: Mapping[str, str]
) -> Any:
    """An object of a class of Keras.

    Args:
        chosen: the class.
        stated: the arguments as stated.
        where: the setting, for messages.
        fixed: arguments that edgeml sets.
        own: arguments that cannot be stated, with what to do instead.

    Raises:
        EdgemlError: the class has no such argument (near matches given), or refuses a value.
    """
    parameters = inspect.signature(chosen).parameters
    for name in stated.arguments:
        if name in own:
            raise EdgemlError(f"{name} of {stated.name} cannot be set here", where, own[name])
        if name not in parameters or name in fixed:
            others = {*fixed, *own, "name", "kwargs", "dtype"}
            raise unknown_name("argument", name, set(parameters) - others, f"{where}, {stated.name}")
    needed = [
        name
        for name, one in parameters.items()
        if one.default is one.empty and one.kind is one.POSITIONAL_OR_KEYWORD
        if name not in fixed and name not in stated.arguments
    ]
    if needed:
        stating = [f"name='{stated.name}'", *(f"{name}={value}" for name, value in stated.arguments.items())]
        table = ", ".join([*stating, *(f"{name}=..." for name in needed)])
        raise EdgemlError(f"needs {' and '.join(needed)}", f"{where}, {stated.name}", f"write {{{table}}}")
    try:
        return chosen(**stated.arguments, **fixed)
    except (TypeError, ValueError) as error:
        text = " ".join(str(error).split())
        raise EdgemlError(f"Keras refuses it: {text}", f"{where}, {stated.name}") from None


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).lower()


def _short(module: ModuleType, name: str) -> str:
    """The long name of a short identifier of the module, "mean_squared_error" of "mse"; "" if it is none."""
    try:
        member = module.get(name)  # not every module has short names
        return getattr(member, "__name__", "") or type(member).__name__
    except (AttributeError, ValueError):
        return ""
