"""A class of Keras as settings state it: its name and its arguments.

Invariant: whether Keras has the class and takes the arguments is asked where it is made, in
`edgeml.training.named`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from pydantic import ConfigDict, Field, model_validator

from edgeml.settings import Settings

Argument: TypeAlias = bool | int | float | str | tuple[float, ...]


class KerasClass(Settings):
    """A class of Keras by its name, and the arguments it is made with.

    In a preset KerasClass(name="sgd", momentum=0.9) or just "sgd"; on the command line
    `--set training.optimizer=sgd --set training.optimizer.momentum=0.9`.

    Args:
        name: as Keras spells it: "adam", "SGD", "categorical_crossentropy", "mse".
        **arguments: numbers, booleans, words or lists of numbers; Keras' defaults for the rest.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Argument] = Field(init=False)

    name: str = Field(min_length=1)

    if TYPE_CHECKING:

        def __init__(self, *, name: str, **arguments: Argument) -> None: ...

    @model_validator(mode="before")
    @classmethod
    def _from_a_name(cls, values: Any) -> Any:
        if not isinstance(values, str | Mapping | KerasClass):
            raise ValueError('write a name such as "sgd", or a table with a name')
        return {"name": values} if isinstance(values, str) else values

    @property
    def arguments(self) -> dict[str, Argument]:
        """The arguments by name."""
        return dict(self.__pydantic_extra__ or {})
