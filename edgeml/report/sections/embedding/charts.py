"""Samples in two dimensions, a colour and a name per class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgeml.report.sections.embedding.facts import Embedding, EmbeddingFacts
from edgeml.report.svg import COLOURS, shortened
from edgeml.report.xy import Series, around, xy_chart

if TYPE_CHECKING:
    from edgeml.report.facts import Facts

_NAMED = 12


def embedding_chart(facts: Facts, shown: Embedding) -> str:
    """The points of one method; names of up to twelve classes stand at the middle of their points."""
    labels = facts.part(EmbeddingFacts).hidden_labels or ("samples",) * len(shown.points)
    classes = list(dict.fromkeys(sorted(labels, key=lambda name: (len(name), name))))
    series, names = [], []
    for place, name in enumerate(classes):
        points = [point for point, label in zip(shown.points, labels, strict=True) if label == name]
        style = f"k{place % COLOURS}"
        series.append(Series(name, style, points, cloud=True, radius=2.6, tips=[name] * len(points)))
        middle = np.median(np.array(points), axis=0)
        names.append((float(middle[0]), float(middle[1]), shortened(name, 14), style))
    across = around("first dimension", [x for x, _ in shown.points])
    up = around("second dimension", [y for _, y in shown.points])
    named = names if 1 < len(names) <= _NAMED else ()
    return xy_chart(series, across, up, f"{shown.method} of the hidden layer", names=named)
