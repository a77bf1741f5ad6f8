"""config.toml of a run: the settings that repeat the run, and the differences between two of them.

Invariant: parsing what `RunConfig.to_toml` wrote gives an equal configuration.
"""

from __future__ import annotations

import hashlib
import platform
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

import tomli_w
from pydantic import Field, field_validator, model_validator

from edgeml._version import __version__
from edgeml.boards import target
from edgeml.datasets import is_image_folder
from edgeml.presets import (
    Choices,
    DataSpec,
    Lowering,
    ModelChoices,
    PostTraining,
    Prepared,
    Preset,
    Quantizers,
    Targets,
    Training,
)
from edgeml.settings import Settings, parse_settings, read_toml
from edgeml.share import share_dir

_PACKAGES = {
    "tensorflow": "tensorflow",
    "keras": "keras",
    "qkeras": "qkeras-v3",
    "numpy": "numpy",
    "scikit-learn": "scikit-learn",
}
_DERIVED = ("created", "versions", "scaling", "targets")  # not asked for by the user, or not part of training
_NO_VERSION = "not installed"


class PresetRef(Settings):
    """The preset that a run is of, or the model that was imported.

    Args:
        name: the preset's or the imported file's name.
        file: the user's own file; empty for a preset that ships with edgeml.
        sha256: of the file.
        code: of each definition in a preset's file, comments and layout aside: what two runs are compared by.
    """

    name: str
    file: str = ""
    sha256: str
    code: dict[str, str] = Field(default_factory=dict)


class TakenType(Settings):
    """A type that another tool's configuration states.

    Args:
        layer: of the model; empty for all that have none of their own.
        tensor: "weight", "bias", "result" or "input".
        type: as it is stated.
        origin: where in the configuration: "LayerName.fc1.Precision.weight".
        used: false if the model states another itself, or has no use for it; `remark` says so.
        remark: the use of the type, in words.
    """

    layer: str
    tensor: str
    type: str
    origin: str
    used: bool
    remark: str = ""


class EndMeaning(Settings):
    """The value that an input or output of the graph stands for: function(scale * value + offset).

    Args:
        name: of the graph's input or output.
        scale: of the source's own quantization of it.
        offset: see `scale`.
        label: the source's own name of it, where that is another.
        function: the activation at the model's end that the graph leaves off: "sigmoid", "softmax"; or "".
    """

    name: str
    scale: float = 1.0
    offset: float = 0.0
    label: str = ""
    function: str = ""


KERAS_FORMATS = ("keras", "keras_hdf5", "keras_json")
"""The readers of files whose model Keras itself runs; a .keras archive of HGQ2 has another one."""


class Importing(Settings):
    """The settings with which the file of a model that was trained elsewhere is read again.

    Args:
        format: the name of its reader.
        file: its name in the run folder.
        taken: the types that a configuration of hls4ml stated.
        task_reason: why the task was inferred; "" if it was stated.
        inputs: what the graph's inputs stand for; those that are left out stand for themselves.
        outputs: the same of its outputs.
    """

    format: str
    file: str
    taken: tuple[TakenType, ...] = ()
    task_reason: str = ""
    inputs: tuple[EndMeaning, ...] = ()
    outputs: tuple[EndMeaning, ...] = ()

    @property
    def is_keras(self) -> bool:
        """True if Keras and QKeras run the file's model."""
        return self.format in KERAS_FORMATS

    @field_validator("file")
    @classmethod
    def _inside(cls, value: str) -> str:
        if value in (".", "..") or "/" in value or "\\" in value:
            raise ValueError("is no name of a file in the run folder")
        return value


class ScalingNumbers(Settings):
    """The fitted scaling, (x - offset) * scale in float32: one number, or one per feature.

    Args:
        kind: see `edgeml.datasets.Scaling`, and so are offset and scale.
        table_sha256: of the numbers in scaling.npz of the run folder; "" for kinds without a table.
        columns_sha256: of columns.json; "" for data without such columns.
    """

    kind: str
    offset: float | list[float]
    scale: float | list[float]
    table_sha256: str = ""
    columns_sha256: str = ""


def import_name(file: Path) -> str:
    """The name of the run of an imported file.

    >>> import_name(Path("models/my net.keras"))
    'my_net'
    """
    return re.sub(r"\W+", "_", file.stem, flags=re.ASCII).strip("_") or "model"


class RunConfig(Settings):
    """The content of config.toml: the preset's `Choices` and their origin.

    Args:
        data: as in `Choices`.
        quantizers: as in `Choices`; None if the model was imported, which has its own.
        training: as in `Choices`; None if the model was imported, trained elsewhere.
        targets: as in `Choices`.
        lowering: as in `Choices`.
        model: as in `Choices`.
        seed: as in `Choices`.
        schema_version: of this file.
        preset: which preset, or which file was imported.
        importing: how the file of an imported model is read; None for a preset.
        post_training: how the float model was quantized after training; None for all other runs.
        checksum: of the data set, split included.
        scaling: as fitted to the training part.
        versions: of Python and of the packages that trained it.
        created: when, UTC, ISO 8601.
    """

    data: DataSpec
    quantizers: Quantizers | None = None
    training: Training | None = None
    targets: Targets
    lowering: Lowering = Lowering()
    model: ModelChoices = ModelChoices()
    seed: int = 0
    schema_version: Literal[1] = 1
    preset: PresetRef
    importing: Importing | None = None
    post_training: PostTraining | None = None
    checksum: str
    scaling: ScalingNumbers
    versions: dict[str, str]
    created: str

    @model_validator(mode="before")
    @classmethod
    def _of_earlier_versions(cls, values: Any) -> Any:
        """Runs of earlier versions are of classifiers, and their imports of .keras files."""
        if isinstance(values, dict) and isinstance(values.get("data"), dict):
            values = {**values, "data": {"task": "classification", **values["data"]}}
        if isinstance(values, dict) and values.get("training") is None and values.get("importing") is None:
            return {**values, "importing": {"format": "keras", "file": "model.keras"}}
        return values

    @staticmethod
    def of(preset: Preset, choices: Choices, data: Prepared) -> RunConfig:
        """The configuration of a run that begins now; paths in it do not depend on the current folder."""
        shipped = preset.file.resolve().is_relative_to(share_dir("models").resolve())
        ref = PresetRef(
            name=preset.name,
            file="" if shipped else str(preset.file.resolve()),
            sha256=preset.digest,
            code=dict(preset.code),
        )
        return RunConfig._now(ref, data, dict(choices))

    @staticmethod
    def of_import(
        file: Path,
        content: bytes,
        spec: DataSpec,
        targets: Targets,
        data: Prepared,
        lowering: Lowering | None = None,
        *,
        importing: Importing,
    ) -> RunConfig:
        """The configuration of a run whose model was trained elsewhere.

        Args:
            file: the user's file, which names the run.
            content: its bytes, and behind them those of a file with its weights.
            spec: which data.
            targets: what it is built for.
            data: the data as read.
            lowering: how it becomes the exact graph.
            importing: how the file is read again.
        """
        ref = PresetRef(
            name=import_name(file), file=str(file.resolve()), sha256=hashlib.sha256(content).hexdigest()
        )
        return RunConfig._now(
            ref,
            data,
            {
                "data": spec,
                "targets": targets,
                "lowering": lowering or Lowering(),
                "importing": importing,
            },
        )

    @staticmethod
    def _now(ref: PresetRef, data: Prepared, settings: dict[str, Any]) -> RunConfig:
        source = Path(settings["data"].dataset)
        absolute = {"dataset": str(source.resolve())} if source.is_file() or is_image_folder(source) else {}
        return RunConfig(
            **settings | {"data": settings["data"].model_copy(update={"task": data.task, **absolute})},
            preset=ref,
            checksum=data.dataset.checksum,
            scaling=ScalingNumbers(
                **data.scaling.to_dict(),
                table_sha256=data.scaling.table_digest,
                columns_sha256=data.columns.digest if data.columns else "",
            ),
            versions=versions(),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )

    @staticmethod
    def read(path: Path) -> RunConfig:
        """The configuration in a config.toml; one of an older edgeml is converted.

        Raises:
            EdgemlError: it is damaged.
        """
        values = target.upgraded(read_toml(path, "configuration of the run"))
        return parse_settings(RunConfig, values, str(path))

    @property
    def imported(self) -> bool:
        """True if the model was trained elsewhere."""
        return self.training is None

    @property
    def choices(self) -> Choices:
        """The settings of a run that was trained here."""
        return Choices.model_validate({name: getattr(self, name) for name in Choices.model_fields})

    def requested(self) -> dict[str, Any]:
        """The settings that two runs of the same model have in common, as plain values."""
        values = self.model_dump(exclude=set(_DERIVED))
        del values["preset"]["file"]  # compared by its contents, not by its path
        return values

    def differences(self, now: RunConfig) -> list[str]:
        """A sentence for each value in `now` that leads to another model than this configuration."""
        return list(differences(*_comparable(self.requested(), now.requested())))

    def to_toml(self) -> str:
        """The text of config.toml; parsing it gives an equal configuration."""
        return tomli_w.dumps(self.model_dump(exclude_none=True))


def versions() -> dict[str, str]:
    """Versions of Python, edgeml and the packages that training depends on."""
    versions_ = {"python": platform.python_version(), "edgeml": __version__}
    for name, package in _PACKAGES.items():
        try:
            versions_[name] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions_[name] = _NO_VERSION
    return versions_


def _comparable(there: dict[str, Any], now: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both settings with one digest of the preset's file: of its code if both have it, else of its bytes."""
    by_code = bool(there["preset"]["code"] and now["preset"]["code"])
    for values in (there, now):
        del values["preset"]["sha256" if by_code else "code"]
    return there, now


def differences(there: Any, now: Any, key: str = "") -> Iterator[str]:
    """One sentence per value that differs between two plain trees."""
    if any(isinstance(one, dict) for one in (there, now)) and all(
        one is None or isinstance(one, dict) for one in (there, now)
    ):
        before, after = there or {}, now or {}
        for name in dict.fromkeys([*before, *after]):
            yield from differences(before.get(name), after.get(name), f"{key}.{name}" if key else str(name))
    elif there != now and key.startswith("preset.code."):
        yield f"{key.removeprefix('preset.code.')} in the preset's file was changed"
    elif there != now:
        yield f"{key} is {there} there, {now} now"
