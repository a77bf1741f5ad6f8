"""Presets: the models in `models/`, or a file of the user's own.

    preset = presets.load("digits_mlp")          # models/digits_mlp.py
    preset = presets.load("my_net.py")           # any file with PRESET = Preset(...)

The folder is the registry: the file's name is the preset's name. To add a preset, write `models/NAME.py`
with a build function and `PRESET = Preset(...)`. A preset file is Python and is run when it is loaded.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import os
import re
import traceback
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from pydantic import ValidationError

from edgeml.errors import EdgemlError
from edgeml.files import read_bytes
from edgeml.folder import FileFolder
from edgeml.frameworks import frameworks_of, import_quietly
from edgeml.presets.clustering import Clustering
from edgeml.presets.code import code_digests
from edgeml.presets.lowering import Lowering
from edgeml.presets.penalty import BitPenalty
from edgeml.presets.prepare import Prepared, prepare, task_of_data
from edgeml.presets.pruning import Pruning
from edgeml.presets.rounding import LayerWidths, PostTraining
from edgeml.presets.sizes import ModelChoices, Size, Sizes, check_bounds, check_sizes
from edgeml.presets.spec import (
    AUTO,
    Bits,
    BoardKind,
    Choices,
    DataSpec,
    KerasClass,
    LayerBits,
    OtherBits,
    Preset,
    Quantizers,
    Targets,
    Training,
)
from edgeml.settings import Settings, explained, parse_settings, set_values

__all__ = [
    "AUTO",
    "BitPenalty",
    "Bits",
    "BoardKind",
    "Choices",
    "Clustering",
    "DataSpec",
    "KerasClass",
    "LayerBits",
    "LayerWidths",
    "Lowering",
    "ModelChoices",
    "PostTraining",
    "Prepared",
    "Preset",
    "Pruning",
    "Quantizers",
    "Size",
    "Sizes",
    "Targets",
    "Training",
    "choose",
    "load",
    "names",
    "prepare",
    "task_of_data",
]

_DESCRIPTIONS = (
    Bits,
    Choices,
    DataSpec,
    KerasClass,
    LayerBits,
    OtherBits,
    Quantizers,
    Size,
    Targets,
    Training,
)
"""The classes of a preset's file, for near matches in error messages."""

_NAMED = tuple(
    f"training.{key}" for key, info in Training.model_fields.items() if info.annotation is KerasClass
)

_FOLDER = FileFolder("preset", "models", ".py")


def names() -> tuple[str, ...]:
    """The presets that ship with edgeml, sorted."""
    return _FOLDER.names()


def load(name: str | os.PathLike[str]) -> Preset:
    """A preset by its name, or from a file of the user's.

    Args:
        name: one of `names()`, or the path of a .py file; the file's code is run.

    Raises:
        EdgemlError: there is no such preset or file, its code fails, or it has no PRESET.
    """
    path = Path(name)
    if path.suffix != ".py" and path.parent == Path():
        path = _FOLDER.path(str(name))
    source = read_bytes(path, "preset file")
    if path.suffix != ".py":
        raise EdgemlError("is not a preset file", str(path), "a preset is a Python file such as my_net.py")
    if not path.stem.isidentifier():
        better = re.sub(r"\W|^(?=\d)", "_", path.stem) or "my_net"
        what = "the name of a preset file has letters, digits and _ alone, no digit first"
        raise EdgemlError(what, str(path), f"rename it {better}.py")
    preset = getattr(_run(path, source), "PRESET", None)
    if not isinstance(preset, Preset):
        problem = "has no PRESET" if preset is None else f"has a PRESET that is a {type(preset).__name__}"
        raise EdgemlError(
            problem, str(path), "write PRESET = Preset(summary=..., build=..., data=..., ...) at its end"
        )
    check_bounds(str(path), preset.build, preset.sizes)
    digest = hashlib.sha256(source).hexdigest()
    return replace(preset, name=path.stem, file=path, digest=digest, code=code_digests(source))


def choose(
    preset: Preset, assignments: Iterable[str] = (), seed: int | None = None, epochs: int | None = None
) -> Choices:
    """The preset's settings with the changes of one command.

    Args:
        preset: the preset.
        assignments: as `--set` has them, "quantizers.weights.bits=4".
        seed: seeds everything random in training; 0 if None.
        epochs: most epochs, of the float baseline and of quantization-aware training alike.

    Raises:
        EdgemlError: an unknown key (near matches given) or a value that does not fit.
    """
    parts = ("data", "quantizers", "training", "targets", "lowering", "model")
    values = {part: getattr(preset, part).model_dump(exclude_none=True) for part in parts}
    if epochs is not None:
        values["training"] |= {"epochs": epochs, "float_epochs": epochs}
    if seed is not None:
        values["seed"] = seed
    choices = parse_settings(Choices, set_values(values, assignments, _NAMED), preset.name)
    check_sizes(preset.name, preset.sizes, choices.model.sizes)
    return choices


def _run(path: Path, source: bytes) -> ModuleType:
    """The module of a preset file; not put into sys.modules, so two files of one name do not meet."""
    spec = importlib.util.spec_from_loader(f"edgeml_preset_{path.stem}", loader=None, origin=str(path))
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    module.__file__ = str(path)
    try:
        tree = ast.parse(source, str(path))
        for framework in frameworks_of(tree):
            with suppress(ImportError):  # the file's own line will say so
                import_quietly(framework)
        exec(compile(tree, str(path), "exec"), module.__dict__)  # noqa: S102  running the user's file is the request
    except EdgemlError:
        raise
    except ValidationError as error:
        classes = {kind.__name__: kind for kind in _DESCRIPTIONS}
        where = f"{path}{_line(error, path)}, {error.title}(...)"
        raise explained(error, classes.get(error.title, Settings), where) from None
    except Exception as error:  # the user's own code can raise anything
        raise EdgemlError(
            f"{type(error).__name__}: {_first_line(error)}", f"{path}{_line(error, path)}"
        ) from error
    return module


def _first_line(error: Exception) -> str:
    text = error.msg if isinstance(error, SyntaxError) else re.sub(r"\s+", " ", str(error))
    return text or "no message"


def _line(error: Exception, path: Path) -> str:
    """The line in the file, ":12"; "" if the traceback does not pass through it."""
    if isinstance(error, SyntaxError):
        return f":{error.lineno}" if error.lineno else ""
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)
    ]
    return f":{lines[-1]}" if lines else ""
