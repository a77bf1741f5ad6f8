"""One small network as C, kept as files, so that a change of what is written shows in a review.

python -m tests.backends.c.test_golden refresh          writes them anew
"""

from __future__ import annotations

import sys
from pathlib import Path

from edgeml import backends
from tests.zoo import zoo

FOLDER = Path(__file__).with_name("golden")


def written() -> dict[str, str]:
    """model.c and model.h of the zoo's small convolutional network, with packed weights."""
    c = backends.load("c")
    files = c.emit(zoo()["cnn_2d"], c.options({"pack_weights": True}))
    return {name: files[f"src/{name}"].decode() for name in ("model.c", "model.h")}


def test_the_c_of_a_small_network_is_the_kept_one() -> None:
    assert {path.name: path.read_text() for path in FOLDER.iterdir()} == written()


if __name__ == "__main__" and sys.argv[1:] == ["refresh"]:
    FOLDER.mkdir(exist_ok=True)
    for name, text in written().items():
        (FOLDER / name).write_text(text)
