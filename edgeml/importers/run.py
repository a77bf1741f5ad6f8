"""From a model file of the user's to a run folder: no training, the same files behind it.

Everything is tried before the folder is made: the file is read, fits the data and becomes the exact graph.

Invariant: the run folder holds the user's file, byte for byte, and all that is needed to read it again.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from edgeml import importers
from edgeml.errors import EdgemlError
from edgeml.files import read_bytes, write_atomic
from edgeml.importers.base import Floats, Imported, ImportOptions, SourceFile, SourceModel
from edgeml.importers.feeding import check_fit, fitting_data, meanings
from edgeml.importers.hls4ml_config import read_hls4ml_config, refuse_own_types
from edgeml.ir import Graph, saved
from edgeml.ir.samples import feeds
from edgeml.ir.work import samples_within
from edgeml.keras.difference import LayerDifference
from edgeml.keras.factor_bits import CALIBRATION
from edgeml.keras.float32 import not_proven
from edgeml.keras.notes import SAMPLES, LayerNote, Notes
from edgeml.locks import locked
from edgeml.presets import DataSpec, Lowering, Targets
from edgeml.runconfig import Importing, RunConfig, import_name
from edgeml.runs import RANDOM, Run
from edgeml.settings import Settings, parse_settings

_COMPARED = 1e10
"""Work of `edgeml.ir.work` that the samples of the comparison may take."""

_STEPS = 60_000
"""Values that the framework may compute for it, one by one: an unrolled network has hundreds per sample."""


class ImportChoices(Settings):
    """The settings of an import that `--set` can change.

    Args:
        data: which data, and how it is scaled; by default as it is stored.
        targets: what the model is built for.
        lowering: how it becomes the exact graph.
    """

    data: DataSpec
    targets: Targets = Targets()
    lowering: Lowering = Lowering()


def import_model(
    file: str | os.PathLike[str],
    folder: str | os.PathLike[str] | None,
    settings: Mapping[str, Any],
    strict: bool = False,
    overwrite: bool = False,
    weights: str | os.PathLike[str] | None = None,
    hls4ml_config: str | os.PathLike[str] | None = None,
) -> Run:
    """A run whose model was trained elsewhere.

    Args:
        file: the model's file.
        folder: the run folder; runs/NAME of the file's name if None. One that holds the same import goes on.
        settings: plain values of `ImportChoices`; without a data set the model is compared on random data.
        strict: refuse a model that cannot be exact.
        overwrite: delete what the folder holds, a run of the same configuration too, and begin anew.
        weights: the file with its weights, where they are not in the same one.
        hls4ml_config: a configuration of hls4ml, YAML or JSON, whose types are taken where the model states
            none.

    Returns:
        The run with config.toml and the user's file; `edgeml.pipeline.lower` comes next.

    Raises:
        EdgemlError: another kind of file, damaged, code in it, a layer that is not covered or not
            quantized, data that is not there or does not fit the model, or a folder that holds another run.
        MissingToolError: a package that the format takes is not installed.
    """
    source = _read(Path(file), None if weights is None else Path(weights))
    with_data = {**settings, "data": {"dataset": RANDOM, **settings.get("data", {})}}
    choices = parse_settings(ImportChoices, with_data, f"import of {source.path.name}")
    kind = importers.choose(source)
    importer = importers.load(kind)
    hls4ml = None if hls4ml_config is None else read_hls4ml_config(Path(hls4ml_config))
    options = ImportOptions(
        import_name(source.path),
        choices.lowering,
        strict,
        hls4ml=hls4ml,
        data=settings.get("data", {}).get("dataset", ""),
    )
    imported = importer.read(source, options)
    if hls4ml is not None and imported.lowering is None:
        refuse_own_types(hls4ml.path, importer.title)
    stated = settings.get("data", {})
    spec, data, reason = fitting_data(imported, choices.data, stated, source.where)
    check_fit(imported, data, spec, source.where)
    importing = Importing(
        format=kind,
        file=importer.file_name,
        taken=imported.stated_types,
        task_reason=reason,
        inputs=meanings(imported),
        outputs=imported.outputs,
    )
    config = RunConfig.of_import(
        source.path,
        source.content + (source.weights or b""),
        spec,
        choices.targets,
        data,
        imported.lowering or choices.lowering,
        importing=importing,
    )
    place = Path(folder) if folder is not None else Path("runs") / config.preset.name
    with locked(place):
        run = Run.create(place, config, overwrite)
        if overwrite:  # the same configuration, perhaps of another version of edgeml
            run = run.emptied()
        if run.weights_file is not None and source.weights is not None:
            write_atomic(run.weights_file, source.weights)
        write_atomic(run.model_file, source.content)
    return run


def lower_import(run: Run, strict: bool = False) -> Graph:
    """The exact graph of an imported run, from its graph.json or, if there is none, read and saved.

    Writes notes.json beside it: what was noted, and how far the model in its own framework and the graph are
    apart, layer by layer, on the data's test samples.

    Args:
        run: an imported run.
        strict: refuse a model that cannot be exact.

    Raises:
        EdgemlError: as the format's reader, or the disk is full.
        MissingToolError: a package that the format takes is not installed.
    """
    graph_there = run.graph_file.is_file() and run.graph_file.with_suffix(".npz").is_file()
    notes = Notes.read(run.notes_file) if graph_there and run.notes_file.is_file() else None
    if notes is not None and notes.model:  # earlier versions did not note which model they are about
        if strict:
            notes.refuse_inexact(str(run.folder))
        return run.graph()
    imported = read_again(run, strict)
    saved.save(imported.graph).write(run.folder)
    _notes(run, imported).write(run.notes_file)
    return imported.graph


def read_again(run: Run, strict: bool = False) -> Imported:
    """The imported model of a run, from the file in its folder.

    Raises:
        EdgemlError: as the format's reader.
        MissingToolError: a package that the format takes is not installed.
    """
    importing = run.config.importing
    assert importing is not None  # as `import_model` wrote it
    source = _read(run.model_file, run.weights_file)
    options = ImportOptions(run.name, run.config.lowering, strict)
    imported = importers.read(source, options, importing.format)
    if not imported.waits_for_samples or run.config.data.dataset == RANDOM:
        return imported
    samples = run.data().x_train[:CALIBRATION]
    return importers.read(source, replace(options, samples=samples), importing.format)


def own_model(run: Run) -> SourceModel:
    """The model of an imported run in its own framework, with what bounds announced differences.

    Raises:
        EdgemlError: as the format's reader.
        MissingToolError: a package that the format takes is not installed.
    """
    imported = read_again(run)
    model, importing, lowering = imported.model, run.config.importing, run.config.lowering
    if lowering.factor_bits is None or importing is None or run.is_keras:
        return model
    options = ImportOptions(run.name, lowering.model_copy(update={"factor_bits": None}))
    full = importers.read(_read(run.model_file, run.weights_file), options, importing.format)
    if all(name in full.graph.infos for name in model.values):
        model.rounded_layers = full.model.rounded_layers
        model.rounded = imported.graph, full.graph
    return model


def own_outputs(run: Run, x: Any) -> dict[str, Floats]:
    """The results of a run's model in its own framework.

    Args:
        run: a trained run, or an imported one.
        x: floats (samples, *shape) by input, or for its one input.

    Returns:
        By output of the graph, in its layout: real values.

    Raises:
        EdgemlError: the model is not there or damaged, or its framework cannot run it here.
        MissingToolError: its framework is not installed.
    """
    graph = run.graph()
    if run.is_keras:
        from edgeml.keras.load import load_model
        from edgeml.keras.runner import keras_floats

        return dict(keras_floats(load_model(run.model_file), graph, x, options=run.config.lowering))
    model = read_again(run).model
    if missing := model.missing():
        raise EdgemlError(missing, str(run.model_file))
    return model.run(x if isinstance(x, Mapping) else {graph.inputs[0]: x})


def _read(file: Path, weights: Path | None) -> SourceFile:
    """The bytes of the user's file, or files.

    Raises:
        EdgemlError: one is not there, or too large.
    """
    beside = None if weights is None else read_bytes(weights, "weights file")
    return SourceFile(file, read_bytes(file, "model file"), beside)


def _notes(run: Run, imported: Imported) -> Notes:
    """The notes of an import, and the differences measured."""
    graph, model = imported.graph, imported.model
    missing = model.missing()
    count = samples_within(graph, _COMPARED, 4, max(4, min(SAMPLES, _STEPS // len(graph.nodes))))
    rows: tuple[LayerDifference, ...] = ()
    if not missing:
        try:
            rows = importers.compare(imported, feeds(graph, run.data().x_test[:count]))
        except EdgemlError as error:  # a framework that does not run the file: said, like one that is missing
            missing = str(error)
    return Notes(
        graph=graph.digest,
        model=run.model_digest(),
        source=model.title,
        not_compared=missing,
        notes=tuple(LayerNote(layer=n.layer, text=n.text, exact=n.exact) for n in graph.notes),
        float32=not_proven(graph),
        differences=rows,
    )
