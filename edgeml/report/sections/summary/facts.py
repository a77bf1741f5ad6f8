"""The subject of a report: model, data and training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from edgeml.documents import Record
from edgeml.report.section import RunPart, SectionFacts

Origin: TypeAlias = Literal["train", "import", "quantize"]
"""The command that a run began with."""


class DatasetFacts(Record):
    """The data set.

    Attributes:
        licence: as the publisher states it.
        checksum: SHA-256 over all parts; equal checksums, equal data and split.
        note: what a reader of a result must know ("subset: no accuracy claim").
        scaling: what was done to the features before the model.
        train: samples; so are val and test.
    """

    name: str
    source: str
    licence: str
    checksum: str
    note: str = ""
    scaling: str = ""
    train: int
    val: int
    test: int


class SummaryFacts(SectionFacts):
    """The subject of a report.

    Attributes:
        model: name of the model.
        run: name of the run's folder.
        origin: how the run began: "train", "import" or "quantize".
        preset: the preset's name or file, or the imported file, as a command takes it.
        settings: of the run by key, as `--set` takes them, the defaults included.
        changes: KEY=VALUE for each setting that is not the shipped preset's; none for a user's preset.
        graph: SHA-256 of the exact graph.
        summary: the model in a line.
        seed: of the training.
        versions: of packages, by name.
        machine: that predictions were made and times were taken on.
        samples: test samples that accuracy, agreement and the classes are over.
        lowering: what the lowering noted and how far the graph is from Keras, a sentence each.
        changed: what in config.toml was changed since training; the facts are of what was trained.
    """

    model: str
    run: str
    origin: Origin
    preset: str
    settings: Mapping[str, str]
    changes: tuple[str, ...] = ()
    graph: str
    summary: str = ""
    data: DatasetFacts
    seed: int
    versions: Mapping[str, str]
    machine: str
    samples: int
    lowering: tuple[str, ...] = ()
    changed: str = ""


class SummaryRow(RunPart):
    """The subject of a run in a comparison, see `SummaryFacts`.

    Attributes:
        seed: of the training.
        settings: of the run by key, see `SummaryFacts`.
        data: name of the data set.
        checksum: of it.
        note: what a reader of its results must know.
    """

    model: str
    summary: str
    graph: str
    seed: int
    settings: Mapping[str, str]
    data: str
    checksum: str
    note: str
    samples: int
