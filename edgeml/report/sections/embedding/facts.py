"""Facts of the hidden layer."""

from __future__ import annotations

from typing import ClassVar

from edgeml.documents import Record
from edgeml.report.section import SectionFacts


class Embedding(Record):
    """Samples in two dimensions.

    Attributes:
        method: "PCA", "t-SNE" or "UMAP".
        note: what the axes hold, or how it was made.
        points: a pair per sample.
    """

    method: str
    note: str
    points: tuple[tuple[float, float], ...]


class EmbeddingFacts(SectionFacts):
    """Facts of the hidden layer.

    Attributes:
        hidden: the value of the graph.
        hidden_size: its elements per sample.
        hidden_labels: class names of the samples; empty without classes.
        embeddings: of the same samples by several methods.
    """

    may_be_missing: ClassVar[tuple[str, ...]] = ("embeddings",)

    hidden: str = ""
    hidden_size: int = 0
    hidden_labels: tuple[str, ...] = ()
    embeddings: tuple[Embedding, ...] = ()
