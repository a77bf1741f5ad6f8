"""RUN/trained.json: the configuration that the run's model was made with, bound to its file by a digest.

config.toml is a text that anyone can edit, so after training it may differ from what was trained;
trained.json does not. Targets are left out: they are for designs, and may change at any time.

Invariant: no command repeats an edited setting as a fact: it says what was changed, or goes by trained.json.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from edgeml.documents import Document
from edgeml.errors import EdgemlError

if TYPE_CHECKING:
    from pathlib import Path

    from edgeml.runs import Run

FILE = "trained.json"


class _Bound(Document):
    """The object behind trained.json."""

    what: ClassVar[str] = "configuration of a training"
    remedy: ClassVar[str] = "train anew with another --out"

    schema_: Literal[1] = Field(default=1, alias="schema")
    model: str
    config: dict[str, Any]
    digest: str

    @staticmethod
    def of(model: str, config: dict[str, Any]) -> _Bound:
        return _Bound(model=model, config=config, digest=_digest(model, config))


def bind(run: Run) -> None:
    """Write trained.json once, when the model exists.

    Raises:
        EdgemlError: config.toml was changed since; says what, and nothing is written.
    """
    model, config = _model(run), _plain(run)
    if not model:
        return
    there = _read(run)
    # A user's preset file may have changed: `Run.create` compares the settings that follow from it.
    if isinstance(there, _Bound) and there.model == model:
        changed = [text for text in _differences(_completed(there), config) if not text.startswith("preset.")]
        if changed:
            raise EdgemlError(
                f"config.toml was changed since training: {_listed(changed)}",
                str(run.folder),
                "put it back, or train anew with another --out",
            )
    _Bound.of(model, config).write(run.folder / FILE)


def changes(run: Run) -> tuple[str, ...]:
    """Settings changed since training, such as "quantizers.weights.bits 6 -> 4"; empty if nothing was.

    Runs of earlier versions have nothing to compare with.
    """
    there = _read(run)
    if there is None:
        return ()
    if isinstance(there, str):
        return (there,)
    model = _model(run)
    changed = [f"{run.model_file.name} is another file"] if model and model != there.model else []
    return (*changed, *_differences(_completed(there), _plain(run)))


def sentence(run: Run) -> str:
    """`changes` in one sentence; "" if nothing was changed."""
    changed = changes(run)
    return f"config.toml was changed since training: {_listed(changed)}" if changed else ""


def as_trained(run: Run) -> Run:
    """The run with the configuration that its model was made with, and the targets that it has now.

    Raises:
        EdgemlError: trained.json is not a configuration of this version.
    """
    from edgeml.runconfig import RunConfig
    from edgeml.runs import Run
    from edgeml.settings import parse_settings

    there = _read(run)
    if not isinstance(there, _Bound):
        return run
    plain = {**there.config, "targets": run.config.targets.model_dump()}
    return Run(run.folder, parse_settings(RunConfig, plain, str(run.folder / FILE)))


def _read(run: Run) -> _Bound | str | None:
    """The object behind trained.json; a sentence if the file is damaged or edited, None if it is missing."""
    path: Path = run.folder / FILE
    if not path.is_file():
        return None
    try:
        bound = _Bound.read(path)
    except EdgemlError:
        return f"{FILE} cannot be read"
    return bound if bound.digest == _digest(bound.model, bound.config) else f"{FILE} was edited"


def _model(run: Run) -> str:
    return run.model_digest()


def _plain(run: Run) -> dict[str, Any]:
    return json.loads(run.config.model_dump_json(exclude={"targets"}))


def _digest(model: str, config: dict[str, Any]) -> str:
    return hashlib.sha256(f"{model} {json.dumps(config, sort_keys=True)}".encode()).hexdigest()


def _completed(there: _Bound) -> dict[str, Any]:
    """The configuration, with settings that its version did not have yet at their defaults."""
    from edgeml.runconfig import RunConfig
    from edgeml.settings import parse_settings

    try:
        config = parse_settings(RunConfig, {**there.config, "targets": {}}, FILE)
    except EdgemlError:
        return there.config
    return json.loads(config.model_dump_json(exclude={"targets"}))


def _differences(before: Any, now: Any, key: str = "") -> Iterator[str]:
    """A text, KEY BEFORE -> NOW, for every value that differs between two plain trees."""
    if isinstance(before, dict) and isinstance(now, dict):
        for name in dict.fromkeys([*before, *now]):
            yield from _differences(before.get(name), now.get(name), f"{key}.{name}" if key else name)
    elif before != now:
        yield f"{key} {_shown(before)} -> {_shown(now)}"


def _shown(value: Any) -> str:
    return "unset" if value is None else value if isinstance(value, str) else json.dumps(value)


def _listed(changed: list[str] | tuple[str, ...], most: int = 4) -> str:
    more = f" and {len(changed) - most} more" if len(changed) > most else ""
    return f"{', '.join(changed[:most])}{more}"
