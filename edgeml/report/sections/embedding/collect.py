"""The values in front of the last linear layer, reduced to two dimensions.

Invariant: the values are the exact graph's integers times their LSB, of the first test samples, at most
`SAMPLES`; seeds are fixed, so equal runs give equal points.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml import install
from edgeml.errors import MissingToolError
from edgeml.fixed import to_float
from edgeml.ir import Graph, input_codes
from edgeml.ir.evaluate import constant_codes, evaluate_codes
from edgeml.ir.kind import Kind
from edgeml.report.sections.embedding.facts import Embedding, EmbeddingFacts
from edgeml.report.source import RunSource

SAMPLES = 300
"""The reference evaluates the graph for so many, and t-SNE, the costliest, moves them."""

_ITERATIONS = 300

_FEWEST = 10
_WIDEST = 2048

Floats = NDArray[np.float64]


def collect(source: RunSource) -> EmbeddingFacts:
    """The hidden layer of the first test samples.

    Raises:
        EdgemlError: the test samples do not fit the exact graph.
        MissingToolError: scikit-learn is not installed.
    """
    graph = source.graph
    name = hidden_of(graph)
    if name is None:
        return EmbeddingFacts.unavailable("the graph has no hidden layer in front of a linear one")
    size = graph.info(name).size
    if size > _WIDEST:
        return EmbeddingFacts.unavailable(f"the last hidden layer has {size} values, more than {_WIDEST}")
    codes = input_codes(graph, source.feeds(SAMPLES))
    values = to_float(evaluate_codes(graph, codes, [name])[name], graph.info(name).type.frac)
    count = len(values)
    if count < _FEWEST:
        return EmbeddingFacts.unavailable(f"there are {count} test samples, fewer than {_FEWEST}")
    labels = source.labels
    classes = () if labels is None else tuple(source.data.class_names[label] for label in labels[:count])
    return EmbeddingFacts(
        hidden=name, hidden_size=size, hidden_labels=classes, embeddings=embedded(values.reshape(count, -1))
    )


def hidden_of(graph: Graph) -> str | None:
    """The value that goes into the last linear layer; None if that is an input or there is none."""
    constants = constant_codes(graph)
    for node in reversed(graph.nodes):
        if node.op.kind not in (Kind.LINEAR, Kind.WINDOW):
            continue
        moving = [name for name in node.inputs if name not in constants]
        weighted = len(moving) < len(node.inputs)
        if weighted and moving and moving[0] not in graph.inputs and _computed(graph, moving[0]):
            return moving[0]
        if weighted:
            return None
    return None


def _computed(graph: Graph, name: str) -> bool:
    """True if a linear layer stands in front of a value."""
    node = graph.node(name)
    return node.op.kind in (Kind.LINEAR, Kind.WINDOW) or any(_computed(graph, one) for one in node.inputs)


def embedded(values: Floats) -> tuple[Embedding, ...]:
    """Values (samples, n) in two dimensions by PCA and t-SNE, and by UMAP if it is installed.

    Raises:
        MissingToolError: scikit-learn is not installed.
    """
    try:
        from sklearn.decomposition import PCA
        from sklearn.manifold import TSNE
        from threadpoolctl import threadpool_limits
    except ImportError as error:
        raise MissingToolError(
            "scikit-learn is not installed", "report", install.command("report")
        ) from error
    if values.shape[1] < 2:
        values = np.concatenate([values, np.zeros_like(values)], axis=1)
    if not np.ptp(values):
        values = values.copy()
        values[0, 0] += 1.0  # PCA of equal samples divides by their variance, 0
    pca = PCA(2, random_state=0)
    flat = pca.fit_transform(values)
    first, second = (100 * float(share) for share in pca.explained_variance_ratio_)
    results = [
        Embedding(
            method="PCA", note=f"{first:.0f} % and {second:.0f} % of the variance", points=_points(flat)
        )
    ]
    perplexity = min(30.0, (len(values) - 1) / 3)
    tsne = TSNE(2, perplexity=perplexity, init="pca", random_state=0, max_iter=_ITERATIONS)
    note = f"perplexity {perplexity:.0f}; distances between groups mean little"
    with threadpool_limits(1):  # so few samples are slower on several threads, which wait for each other
        moved = tsne.fit_transform(values)
    results.append(Embedding(method="t-SNE", note=note, points=_points(moved)))
    if importlib.util.find_spec("umap") is not None:
        neighbours = min(15, len(values) - 1)
        note = f"{neighbours} neighbours"
        results.append(Embedding(method="UMAP", note=note, points=_points(_umap(values, neighbours))))
    return tuple(results)


def _umap(values: Floats, neighbours: int) -> Any:
    umap: Any = importlib.import_module("umap")
    return umap.UMAP(n_neighbors=neighbours, n_jobs=1, random_state=0).fit_transform(values)


def _points(values: Any) -> tuple[tuple[float, float], ...]:
    return tuple((float(f"{a:.5g}"), float(f"{b:.5g}")) for a, b in values)
