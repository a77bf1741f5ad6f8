"""Run by the Python that has HGQ2, never by edgeml's: a model's results on samples.

    python foreign.py MODEL.keras SAMPLES.npz RESULTS.npz

SAMPLES.npz has one array per input of the model, RESULTS.npz one per output, as np.savez names them.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Any


def main(model_file: str, samples: str, results: str) -> None:
    """Load, run and write."""
    if find_spec("jax"):  # edgeml's own environment may ask for TensorFlow
        os.environ["KERAS_BACKEND"] = "jax"
    import numpy as np

    import_module("hgq.layers")  # registers its classes
    keras: Any = import_module("keras")  # of the Python that runs this
    model: Any = keras.saving.load_model(model_file, compile=False, safe_mode=True)
    with np.load(samples, allow_pickle=False) as stored:
        inputs = [stored[f"arr_{place}"] for place in range(len(stored.files))]
    outputs = model(inputs[0] if len(inputs) == 1 else inputs)
    outputs = outputs if isinstance(outputs, list | tuple) else [outputs]
    np.savez(results, *map(np.asarray, outputs))


if __name__ == "__main__":
    main(*sys.argv[1:])
