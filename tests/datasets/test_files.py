"""Places of files, and damaged ones."""

from __future__ import annotations

import hashlib
import http.server
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest

from edgeml import datasets
from edgeml.datasets import cifar10, fashion_mnist, jets, mnist
from edgeml.datasets._base import checksum
from edgeml.datasets._readers import read_bundled, read_idx, read_npz
from edgeml.datasets._sources import Sources
from edgeml.errors import EdgemlError
from tests.datasets import offline


def test_edgeml_data_comes_first(tmp_path: Path) -> None:
    sources = offline.mnist(tmp_path)
    other = offline.pixels("mnist")
    other["x_train"] = 255 - other["x_train"]
    offline.save(tmp_path / "data" / "mnist.npz", other)
    assert np.array_equal(mnist.load(sources).train.x[..., 0], other["x_train"])


@pytest.mark.parametrize("layout", ["channel axis", "label column", "float pixels"])
def test_any_layout_of_the_same_values_is_accepted(layout: str, tmp_path: Path, monkeypatch) -> None:
    sources = offline.mnist(tmp_path)
    arrays = offline.pixels("mnist")
    expected = checksum(mnist.load(sources).arrays())
    for part in ("train", "test"):
        if layout == "channel axis":
            arrays[f"x_{part}"] = arrays[f"x_{part}"][..., None]
        elif layout == "label column":
            arrays[f"y_{part}"] = arrays[f"y_{part}"][:, None].astype(np.int32)
        else:
            arrays[f"x_{part}"] = arrays[f"x_{part}"].astype(">f8")
    offline.save(tmp_path / "data" / "mnist.npz", arrays)
    assert checksum(mnist.load(sources).arrays()) == expected


def test_one_changed_pixel_changes_the_checksum(tmp_path: Path) -> None:
    raw = mnist.load(offline.mnist(tmp_path))
    before = checksum(raw.arrays())
    raw.train.x[3, 4, 5, 0] ^= 1
    assert checksum(raw.arrays()) != before


def test_one_changed_value_is_not_the_published_data(tmp_path: Path, monkeypatch) -> None:
    changed = read_bundled("load_iris")
    changed.data[3, 2] += 0.1
    monkeypatch.setattr("edgeml.datasets._readers.read_bundled", lambda loader: changed)
    with pytest.raises(EdgemlError, match="iris: these are not the published values"):
        datasets.load("iris", sources=offline.sources(tmp_path))


def test_fashion_mnist_npz_and_idx_agree(tmp_path: Path) -> None:
    sources = offline.fashion_mnist(tmp_path)
    expected = checksum(fashion_mnist.load(sources).arrays())
    offline.save(tmp_path / "data" / "fashion_mnist.npz", offline.pixels("fashion_mnist"))
    assert checksum(fashion_mnist.load(sources).arrays()) == expected


def test_cifar10_archive_and_npz_agree(tmp_path: Path) -> None:
    sources = offline.cifar10(tmp_path)
    expected = checksum(cifar10.load(sources).arrays())
    offline.save(tmp_path / "data" / "cifar10.npz", offline.pixels("cifar10", (3,)))
    assert checksum(cifar10.load(sources).arrays()) == expected


def test_cifar10_archive_of_the_right_size_is_not_enough(tmp_path: Path, monkeypatch) -> None:
    sources = offline.cifar10(tmp_path)
    made_up = replace(cifar10.DATASET, samples=400)
    monkeypatch.setattr(cifar10, "DATASET", made_up)
    with pytest.raises(EdgemlError, match="not the published file"):
        datasets.load("cifar10", sources=sources)
    archive = (tmp_path / "keras" / "cifar-10-binary.tar.gz").read_bytes()
    digest = f"sha256:{hashlib.sha256(archive).hexdigest()}"
    monkeypatch.setattr(cifar10, "DATASET", replace(made_up, digest=digest))
    assert len(datasets.load("cifar10", sources=sources).y_test) == 200


def test_cifar10_subset_says_so(tmp_path: Path) -> None:
    sources = offline.sources(tmp_path)
    offline.save(tmp_path / "data" / "cifar10_subset.npz", offline.pixels("cifar10", (3,)))
    assert "subset of 200/200: no accuracy claim" in datasets.load("cifar10", sources=sources).note
    assert "no accuracy claim" in datasets.load("cifar10_grey", sources=sources).note


def test_grey_is_the_stated_sum(tmp_path: Path) -> None:
    sources = offline.cifar10(tmp_path)
    colour = cifar10.load(sources).train.x.astype(np.float64)
    grey = datasets.read("cifar10_grey", sources).train.x
    expected = 0.2989 * colour[..., 0] + 0.5870 * colour[..., 1] + 0.1140 * colour[..., 2]
    np.testing.assert_array_equal(grey[..., 0], expected.astype(np.float32))


@pytest.mark.parametrize("kind", ["npz", "arff", "openml", "copy"])
def test_jets_from_every_place(kind: str, tmp_path: Path) -> None:
    x, y, features = offline.jet_table()
    sources = offline.sources(tmp_path)
    if kind == "npz":
        np.savez(tmp_path / "data" / "jets.npz", x=x, y=y, feature_names=np.array(features))
    elif kind == "arff":
        (tmp_path / "data" / "jets.arff").write_text(offline.jet_arff())
    else:
        sources = offline.jets(tmp_path)
    raw = jets.load(sources)
    if kind == "copy":
        (tmp_path / "scikit" / "openml" / "openml.org").rename(tmp_path / "gone")
        raw = jets.load(sources)
    np.testing.assert_array_equal(raw.train.x.astype(np.float32), x.astype(np.float32))
    assert [raw.classes[label] for label in raw.train.y] == y.tolist()
    assert raw.features == features


def test_damaged_openml_cache(tmp_path: Path, monkeypatch) -> None:
    def refuse(*args, **kwargs):
        raise URLError("no network in this test")

    monkeypatch.setattr("sklearn.datasets._openml.urlopen", refuse)
    sources = offline.jets(tmp_path)
    arff = next((tmp_path / "scikit").rglob("*.arff.gz"))
    arff.write_bytes(arff.read_bytes()[:200])
    with pytest.raises(EdgemlError, match=r"cannot get the data.*no network in this test"):
        jets.load(sources)


@pytest.mark.parametrize("keep", [0, 10, 0.5, 0.99])
def test_truncated_npz(keep: float, tmp_path: Path) -> None:
    sources = offline.mnist(tmp_path)
    path = tmp_path / "keras" / "mnist.npz"
    content = path.read_bytes()
    path.write_bytes(content[: int(keep if keep >= 1 else keep * len(content))])
    with pytest.raises(EdgemlError, match=r"mnist\.npz: damaged"):
        mnist.load(sources)


@pytest.mark.parametrize("keep", [0, 3, 9, 0.5, -1])
def test_truncated_idx(keep: float, tmp_path: Path) -> None:
    content = bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3]) + bytes(6)
    path = tmp_path / "data-ubyte"
    path.write_bytes(content[: int(keep * len(content)) if 0 < keep < 1 else int(keep)])
    with pytest.raises(EdgemlError, match=r"truncated|not an idx file"):
        read_idx(path)


def test_truncated_gz_and_archive(tmp_path: Path) -> None:
    for make, name, load in (
        (offline.fashion_mnist, "t10k-images-idx3-ubyte.gz", fashion_mnist.load),
        (offline.cifar10, "cifar-10-binary.tar.gz", cifar10.load),
    ):
        sources = make(tmp_path)
        path = next((tmp_path / "keras").rglob(name))
        path.write_bytes(path.read_bytes()[:2000])
        with pytest.raises(EdgemlError, match="damaged"):
            load(sources)


def test_npz_with_pickles_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "bad.npz", x=np.array([{"a": 1}], dtype=object))
    with pytest.raises(EdgemlError, match="Python objects"):
        read_npz(tmp_path / "bad.npz")


def test_missing_key_and_plain_npy(tmp_path: Path) -> None:
    np.savez(tmp_path / "some.npz", x=np.zeros(3))
    with pytest.raises(EdgemlError, match="has no array y") as caught:
        read_npz(tmp_path / "some.npz", ("x", "y"))
    assert "it has: x" in caught.value.hint
    np.save(tmp_path / "plain.npy", np.zeros(3))
    with pytest.raises(EdgemlError, match="single array"):
        read_npz(tmp_path / "plain.npy")


def test_default_sources(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("EDGEML_DATA", str(tmp_path))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "k"))
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "s"))
    assert Sources.default() == Sources(tmp_path, tmp_path / "k" / "datasets", tmp_path / "s")
    monkeypatch.setenv("EDGEML_DATA", str(tmp_path / "absent"))
    with pytest.raises(EdgemlError, match="does not name a folder"):
        Sources.default()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A web server for one folder, tmp_path/web."""
    web = tmp_path / "web"
    web.mkdir()
    (web / "file.bin").write_bytes(b"published" * 1000)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(web))

        def log_message(self, *args): ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def test_download(server: str, tmp_path: Path) -> None:
    sources = offline.sources(tmp_path, online=True)
    good = "sha256:" + hashlib.sha256(b"published" * 1000).hexdigest()
    path = sources.keras_file("sub/file.bin", f"{server}/file.bin", good)
    assert path.read_bytes() == b"published" * 1000
    path.write_bytes(b"kept")
    assert sources.keras_file("sub/file.bin", f"{server}/file.bin", good).read_bytes() == b"kept"


@pytest.mark.parametrize(
    ("name", "digest", "what"),
    [("file.bin", "md5:" + "0" * 32, "not the published file"), ("absent.bin", "md5:0", "cannot download")],
)
def test_bad_download_leaves_nothing(server: str, tmp_path: Path, name: str, digest: str, what: str) -> None:
    sources = offline.sources(tmp_path, online=True)
    with pytest.raises(EdgemlError, match=what) as caught:
        sources.keras_file(name, f"{server}/{name}", digest)
    assert str(tmp_path / "data") in caught.value.hint
    assert list((tmp_path / "keras").rglob("*")) == []


def test_no_network(tmp_path: Path) -> None:
    sources = offline.sources(tmp_path, online=True)
    with pytest.raises(EdgemlError, match="cannot download"):
        sources.keras_file("f", "http://127.0.0.1:1/f", "md5:0")
