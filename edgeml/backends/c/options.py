"""The options of the C back end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from edgeml.backends.c.names import RESERVED
from edgeml.settings import Settings, parse_settings


def _prefix(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name, re.ASCII) or name in RESERVED:
        raise ValueError("is no identifier of lower-case letters, digits and _, or a word of C, C++ or CMake")
    return name


class COptions(Settings):
    """Options of the C back end.

    Attributes:
        prefix: how public names begin (`<prefix>_run`); the model's name by default.
        pack_weights: whether weights of fewer than 8 bits share bytes: less flash, more instructions.
        selftest_samples: vectors in the self-test, made from the graph; the first ones are the ends of the
            inputs' ranges.
    """

    prefix: Annotated[str, Field(max_length=40), AfterValidator(_prefix)] | None = None
    pack_weights: bool = False
    selftest_samples: Annotated[int, Field(ge=1, le=1000)] = 8


def parse_options(settings: Mapping[str, Any]) -> COptions:
    """Options from plain settings.

    Raises:
        EdgemlError: an unknown key (near matches given) or a bad value.
    """
    return parse_settings(COptions, settings, "c options")
