"""The command that makes a run once more, with other settings.

Invariant: it states every setting of the run that is not its preset's or the import's default.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from edgeml.quoting import shell
from edgeml.runs import RANDOM, Run
from edgeml.settings import assignments

_SETTINGS = ("data", "quantizers", "training", "targets", "lowering", "model")
_QUANTIZE = "quantize"


def again(run: Run, changes: Sequence[str]) -> str:
    """The command of the run with its own settings and, over them, `changes`.

    Args:
        run: a trained or imported run.
        changes: as `--set` has them.

    Raises:
        EdgemlError: the preset is not there any more.
    """
    ref, config = run.config.preset, run.config
    plain = {
        name: part.model_dump(exclude_none=True) for name in _SETTINGS if (part := getattr(config, name))
    }
    verb = "import" if config.imported else "train"
    if config.post_training is not None:
        verb = _QUANTIZE
        plain[_QUANTIZE] = config.post_training.model_dump(exclude_none=True)
    words: list[str] = ["edgeml", verb, shell(ref.file or ref.name)]
    if config.imported:
        if config.data.dataset != RANDOM:
            words.append(f"--data {shell(config.data.dataset)}")
        plain["data"].pop("dataset")
        if run.weights_file is not None:
            option = "--weights-file" if verb == _QUANTIZE else "--weights"
            words.append(f"{option} {shell(str(run.weights_file))}")
    elif config.seed:
        words.append(f"--seed {config.seed}")
    changed = {change.partition("=")[0] for change in changes}
    own = (f"{key}={value}" for key, value in _differing(plain, _defaults(run)))
    useful = [setting for setting in own if setting.partition("=")[0] not in changed]
    return " ".join([*words, *(f"--set {shell(setting)}" for setting in (*useful, *changes))])


def _defaults(run: Run) -> dict[str, Any]:
    """The settings without any --set."""
    from edgeml import presets

    if run.config.post_training is not None:
        from edgeml.ptq.run import QuantizeChoices

        chosen: Any = QuantizeChoices(data=presets.DataSpec(dataset=RANDOM))
    elif run.config.imported:
        from edgeml.importers.run import ImportChoices

        chosen = ImportChoices(data=presets.DataSpec(dataset=RANDOM))
    else:
        ref = run.config.preset
        chosen = presets.choose(presets.load(ref.file or ref.name))
    return chosen.model_dump(exclude_none=True)


def _differing(plain: Mapping[str, Any], defaults: Any, before: str = "") -> Iterator[tuple[str, str]]:
    """Key and value, as --set takes them, of every leaf that the defaults do not have."""
    for key, value in plain.items():
        other = defaults.get(key) if isinstance(defaults, Mapping) else None
        if value == other:
            continue
        if isinstance(value, Mapping):
            yield from _differing(value, other, f"{before}{key}.")
        else:
            (assignment,) = assignments({f"{before}{key}": value})
            name, _, text = assignment.partition("=")
            yield name, text
