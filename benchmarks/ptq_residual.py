"""A float network with batch norm and a skip connection for benchmarks.ptq, trained on digits as they are.

python -m benchmarks.ptq_residual digits_residual.keras
"""

from __future__ import annotations

import sys

from edgeml import datasets
from edgeml.keras.backend import import_keras

EPOCHS = 40


def main() -> int:
    """Train it, seed 0, and save it to the file that is named."""
    keras = import_keras()
    keras.utils.set_random_seed(0)
    layers = keras.layers

    def convolved(x: object, filters: int) -> object:
        return layers.BatchNormalization()(layers.Conv2D(filters, 3, padding="same", use_bias=False)(x))

    inputs = keras.Input((8, 8, 1))
    x = first = layers.ReLU()(convolved(inputs, 12))
    x = layers.ReLU()(convolved(x, 12))
    x = layers.ReLU()(layers.Add()([first, convolved(x, 12)]))
    x = layers.ReLU()(convolved(layers.MaxPooling2D(2)(x), 24))
    model = keras.Model(inputs, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(3e-3), loss)
    data = datasets.load("digits")
    model.fit(data.x_train, data.y_train, 64, EPOCHS, verbose=0)
    model.save(sys.argv[1])
    return 0


if __name__ == "__main__":
    sys.exit(main())
