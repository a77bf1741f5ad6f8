"""The settings of a run, as `--set` takes them.

Invariant: a preset file of the user's is never run, for a report must not run code that a run
folder points at.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from edgeml import presets

if TYPE_CHECKING:
    from edgeml.presets import Preset
    from edgeml.runs import Run

_PARTS = ("data", "quantizers", "training", "targets", "lowering", "model", "post_training")


def stated(run: Run) -> dict[str, str]:
    """Every setting of the run by its key, in words."""
    config = run.config.model_dump(include=set(_PARTS), exclude_none=True)
    return {key: value for part in _PARTS for key, value in _leaves(config.get(part), part)}


def changes(run: Run) -> Iterator[str]:
    """KEY=VALUE for every setting that is not the shipped preset's; nothing where that cannot be told."""
    ref = run.config.preset
    if not run.config.imported and not ref.file and ref.name in presets.names():
        preset = presets.load(ref.name)
        inferred = preset.data.task == presets.AUTO  # what was inferred then is inferred again
        for change in changes_of(run, preset):
            if not (inferred and change.startswith("data.task=")):
                yield change


def changes_of(run: Run, preset: Preset) -> Iterator[str]:
    """KEY=VALUE for every setting of the run that is not the preset's."""
    for part in ("data", "quantizers", "training", "targets", "model"):
        own, used = getattr(preset, part).model_dump(), getattr(run.config, part).model_dump()
        yield from _changed(own, used, part)


def _leaves(value: Any, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, f"{key}.{name}")
    elif value is not None:
        yield key, value if isinstance(value, str) else json.dumps(value)


def _changed(own: Any, used: Any, key: str) -> Iterator[str]:
    if own == used or used is None:
        return
    if isinstance(used, dict):
        for name, value in used.items():
            yield from _changed(own.get(name) if isinstance(own, dict) else None, value, f"{key}.{name}")
    else:
        yield f"{key}={used if isinstance(used, str) else json.dumps(used)}"
