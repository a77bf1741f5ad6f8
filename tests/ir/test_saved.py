"""Saved graphs: equal when read, refused when anything about the files is not as it was written."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest

from edgeml.errors import EdgemlError
from edgeml.ir.saved import load, narrow, read_npz, save
from tests.zoo import zoo

GRAPHS = ("mlp", "cast_per_element", "scale_per_channel", "several_inputs_outputs")


@pytest.fixture
def folder(tmp_path):
    return save(zoo()["cast_per_element"]).write(tmp_path)


@pytest.mark.parametrize("name", zoo())
def test_comes_back(name, tmp_path):
    graph = zoo()[name]
    again = load(save(graph, "model").write(tmp_path), "model")
    assert again == graph
    assert again.digest == graph.digest
    assert str(again) == str(graph)


def test_same_graph_same_bytes():
    for name in GRAPHS:
        assert save(zoo()[name]).digest == save(zoo()[name]).digest


def test_nothing_there(tmp_path):
    with pytest.raises(EdgemlError, match=r"graph\.json: there is no such saved edgeml graph"):
        load(tmp_path)


@pytest.mark.parametrize("file", ["graph.json", "graph.npz"])
def test_cut_short_anywhere(folder, file):
    """Every prefix is refused with one error that names the file."""
    path = folder / file
    whole = path.read_bytes()
    for length in {*range(0, len(whole), 7), *range(len(whole) - 12, len(whole))}:
        path.write_bytes(whole[:length])
        if file == "graph.json" and not whole[length:].strip():
            assert load(folder)  # only the last newline is gone
            continue
        with pytest.raises(EdgemlError) as caught:
            load(folder)
        assert file in str(caught.value), length


def test_any_byte_of_the_integers_changed(folder):
    """A changed byte is either refused or of no consequence (a time stamp in the archive)."""
    graph, path = zoo()["cast_per_element"], folder / "graph.npz"
    whole = path.read_bytes()
    refused = 0
    for position in range(len(whole)):
        changed = bytearray(whole)
        changed[position] ^= (0x01, 0x80)[position % 2]
        path.write_bytes(changed)
        try:
            assert load(folder) == graph
        except EdgemlError:
            refused += 1
    assert refused > len(whole) / 2


def test_any_byte_of_the_structure_changed(folder):
    graph, path = zoo()["cast_per_element"], folder / "graph.json"
    whole = path.read_bytes()
    for position in range(len(whole)):
        changed = bytearray(whole)
        changed[position] ^= 0x02
        path.write_bytes(changed)
        try:
            assert load(folder) == graph
        except EdgemlError:
            continue


def change(folder, edit):
    path = folder / "graph.json"
    document = json.loads(path.read_text())
    edit(document)
    path.write_text(json.dumps(document))


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda d: d.update(schema=2), "written with schema 2, this edgeml reads schema 1"),
        (lambda d: d.update(format="other"), "is not a saved edgeml graph"),
        (lambda d: d.update(digest="0" * 64), "differ from those that were saved"),
        (lambda d: d.update(name="another"), "differ from those that were saved"),
        (lambda d: d["nodes"][0]["attributes"].update(rounding="TRN"), "differ from those that were saved"),
        (lambda d: d["nodes"][0]["attributes"].update(rounding="UP"), "cannot read the attribute 'UP'"),
        (lambda d: d["nodes"][0]["attributes"].update(rounding=3), "malformed|rounding"),
        (lambda d: d["nodes"][0]["attributes"].update(shape="[1, 1, 1, 1]"), "does not fit"),
        (lambda d: d["nodes"][0]["attributes"].update(shape=f"[{10**30}]"), "malformed|graph"),
        (lambda d: d["nodes"][0]["attributes"].update(more="1"), "has not exactly the attributes"),
        (lambda d: d["nodes"][0].update(attributes=[]), "nodes.0.attributes: "),
        (lambda d: d["nodes"][0].update(op="magic"), "unknown op 'magic'"),
        (lambda d: d["nodes"][0].update(name="a b"), "is not a name"),
        (lambda d: d["nodes"].pop(), "not defined"),
        (lambda d: d["nodes"].append(3), "is not a saved edgeml graph: nodes."),
        (lambda d: d.update(nodes=5), "is not a saved edgeml graph: nodes = 5"),
        (lambda d: d.pop("nodes"), "the key 'nodes' is missing"),
        (lambda d: d.pop("digest"), "the key 'digest' is missing"),
        (lambda d: d.update(outputs=[]), "at least one output"),
    ],
)
def test_changed_structure(folder, edit, message):
    change(folder, edit)
    with pytest.raises(EdgemlError, match=message) as caught:
        load(folder)
    assert str(folder) in caught.value.where


@pytest.mark.parametrize("text", ["[]", "3", "null", '"edgeml-graph"', "{}", "[" * 10**5, "\xff"])
def test_no_graph_at_all(folder, text):
    (folder / "graph.json").write_text(text, encoding="latin-1")
    with pytest.raises(EdgemlError, match=r"graph\.json: (the graph )?is not"):
        load(folder)


def test_integers_of_another_graph(folder):
    (folder / "graph.npz").write_bytes(save(zoo()["mlp"])["graph.npz"])
    with pytest.raises(EdgemlError, match="is missing"):
        load(folder)


@pytest.mark.parametrize(
    "edit",
    [
        lambda arrays: arrays["fc.weight.codes"].__iadd__(0) * 0,
        lambda arrays: arrays["fc.weight.codes"].T,
        lambda arrays: arrays["fc.weight.codes"] + 0.5,
        lambda arrays: arrays["fc.weight.codes"].astype(str),
    ],
)
def test_changed_integers(folder, edit):
    arrays = read_npz(folder / "graph.npz", "integers")
    arrays["fc.weight.codes"] = edit(arrays)
    np.savez(folder / "graph.npz", **arrays)  # pyright: ignore[reportArgumentType]
    with pytest.raises(EdgemlError, match=r"graph\.(json|npz)"):
        load(folder)


class Evil:
    def __reduce__(self):
        return print, ("unpickled",)


def test_pickles_are_never_loaded(folder, capsys):
    np.savez(folder / "graph.npz", **{"act.to.width": np.array([Evil()], object)}, allow_pickle=True)
    with pytest.raises(EdgemlError, match=r"graph\.npz: is not a readable \.npz"):
        load(folder)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("content", [b"", b"PK", b"\x80\x04."])
def test_not_an_npz(folder, content):
    (folder / "graph.npz").write_bytes(content)
    with pytest.raises(EdgemlError, match=r"graph\.npz: is not a readable \.npz"):
        load(folder)


def test_a_single_array_is_not_an_npz(folder):
    buffer = io.BytesIO()
    np.save(buffer, np.arange(3))
    (folder / "graph.npz").write_bytes(buffer.getvalue())
    with pytest.raises(EdgemlError, match="is not a readable"):
        load(folder)


@pytest.mark.parametrize(
    ("codes", "kind"),
    [
        ([0], np.int8),
        ([-128, 127], np.int8),
        ([128], np.int16),
        ([-129], np.int16),
        ([2**15], np.int32),
        ([2**31], np.int64),
    ],
)
def test_narrow(codes, kind):
    array = narrow(np.array(codes, np.int64))
    assert array.dtype == kind
    assert array.tolist() == codes
