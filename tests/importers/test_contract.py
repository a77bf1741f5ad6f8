"""The contract of every format of imported models, on a small file of it: `tests/importers/formats/NAME.py`.

The file is recognized by its own reader alone, its graph equals the model in its own framework, and a damaged
file ends in one error.
"""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest

from edgeml import importers
from edgeml.errors import EdgemlError, MissingToolError
from edgeml.importers import ImportOptions, SourceFile
from edgeml.importers.formats._keras import KerasSource
from edgeml.ir.samples import random_samples
from edgeml.runconfig import KERAS_FORMATS
from tests.readers.damage import any_bytes

DAMAGED = 25

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def small_file(name: str, folder: Path) -> SourceFile:
    """The format's sample."""
    module = importlib.import_module(f"tests.importers.formats.{name}")
    path = module.sample(folder)
    weights = module.weights(folder).read_bytes() if hasattr(module, "weights") else None
    return SourceFile(path, path.read_bytes(), weights)


@pytest.fixture(params=importers.names())
def source(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, SourceFile]:
    try:
        return request.param, small_file(request.param, tmp_path)
    except MissingToolError as error:
        pytest.skip(str(error))


def test_it_is_recognized_by_its_own_reader_alone(source: tuple[str, SourceFile]) -> None:
    name, file = source
    known = [other for other in importers.names() if importers.load(other).recognize(file.content)]
    assert known == [name] and importers.choose(file) == name
    importer = importers.load(name)
    assert (
        importer.title and importer.file_name and all(suffix.startswith(".") for suffix in importer.suffixes)
    )


def test_the_graph_equals_its_own_framework(source: tuple[str, SourceFile]) -> None:
    name, file = source
    imported = importers.read(file, ImportOptions("net"), name)
    assert set(imported.graph.outputs) <= set(imported.model.values)
    if missing := imported.model.missing():
        pytest.skip(missing)
    rows = importers.compare(imported, random_samples(imported.graph))
    assert {row.layer for row in rows} >= set(imported.graph.outputs)
    announced = any(not note.exact for note in imported.graph.notes)
    assert announced or not any(row.differing for row in rows)


def test_a_damaged_file_ends_in_one_error(source: tuple[str, SourceFile]) -> None:
    name, file = source
    rng = np.random.default_rng(len(file.content))
    refused: list[EdgemlError] = []
    for _ in range(DAMAGED):
        damaged = SourceFile(file.path, any_bytes(file.content, rng), file.weights)
        try:
            importers.read(damaged, ImportOptions("net"), name)
        except EdgemlError as error:
            refused.append(error)
    assert refused
    assert all(error.what and str(error).replace("\n", " ").isprintable() for error in refused)


def test_weights_beside_a_file_that_has_them_are_refused(source: tuple[str, SourceFile]) -> None:
    name, file = source
    if importers.load(name).weights_apart:
        assert importers.choose(file) == name
        return
    with pytest.raises(EdgemlError, match="has its weights itself") as caught:
        importers.choose(SourceFile(file.path, file.content, b"weights"))
    assert "--weights" in caught.value.hint


def test_what_keras_runs_is_a_format_of_keras(source: tuple[str, SourceFile]) -> None:
    name, file = source
    imported = importers.read(file, ImportOptions("net"), name)
    assert isinstance(imported.model, KerasSource) == (name in KERAS_FORMATS)


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("net.keras", b"PK", "keras"),
        ("net.keras", bytes(8), "keras"),
        ("net.json", b"[1]", "keras_json"),
        ("net.h5", b"", "keras_hdf5"),
    ],
)
def test_a_damaged_file_is_of_its_suffix(name: str, content: bytes, kind: str) -> None:
    source = SourceFile(Path(name), content)
    assert importers.choose(source) == kind
    with pytest.raises(EdgemlError) as caught:
        importers.read(source, ImportOptions("net"))
    assert caught.value.where == name and caught.value.hint


def test_a_file_of_no_format() -> None:
    with pytest.raises(EdgemlError, match=r"cannot import \.txt") as caught:
        importers.choose(SourceFile(Path("net.txt"), b"hello"))
    assert ".keras" in caught.value.hint and ".onnx" in caught.value.hint
