"""Japanese vowels: nine speakers by 12 cepstrum coefficients over at most 29 frames, 25 of them here.

The publisher's series have 7 to 29 frames; the file has them at one length. Looked for in $EDGEML_DATA as
`timeseries.npz`: JapaneseVowels_x_train (270, 12, frames), JapaneseVowels_y_train and the same for test.
"""

from __future__ import annotations

from edgeml.datasets._base import DatasetInfo, Raw, Split
from edgeml.datasets._readers import read_npz
from edgeml.datasets._sources import Sources

_KEY = "JapaneseVowels"

DATASET = DatasetInfo(
    title="Japanese vowels, 25 frames of 12 coefficients, 9 speakers",
    licence="CC BY 4.0",
    source="Kudo, Toyama, Shimbo: Japanese Vowels, UCI, DOI 10.24432/C5NS47; UEA archive",
    url="https://archive.ics.uci.edu/dataset/128/japanese+vowels",
    shape=(25, 12),
    classes=tuple("123456789"),
    samples=640,
)


def load(sources: Sources) -> Raw:
    """The published parts, time first.

    Raises:
        EdgemlError: no file, or a damaged one.
    """
    keys = [f"{_KEY}_{axis}_{part}" for part in ("train", "test") for axis in "xy"]
    path = sources.own_file("timeseries.npz", DATASET.url, f"arrays {', '.join(keys)}, channels first,")
    arrays = read_npz(path, keys)
    train, test = (
        Split(arrays[f"{_KEY}_x_{part}"].transpose(0, 2, 1), arrays[f"{_KEY}_y_{part}"].reshape(-1))
        for part in ("train", "test")
    )
    return Raw(train, DATASET.classes, test)
