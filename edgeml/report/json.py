"""report.json: the facts as they are. Invariant: `from_json(to_json(facts))` equals the facts."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import ValidationError

from edgeml.errors import EdgemlError
from edgeml.files import read_bytes
from edgeml.report.facts import Facts
from edgeml.report.numbers import Fact

_LAST = ("missing", "failed")


def to_json(facts: Fact) -> str:
    """The text of report.json, or of comparison.json: the schema first, what is missing last."""
    values = facts.model_dump(mode="json", by_alias=True)
    last = {name: values.pop(name) for name in _LAST if name in values}
    document = {"schema": values.pop("schema"), **values, **last}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def from_json(text: str | bytes, where: str = "report.json") -> Facts:
    """The facts in a report.json.

    Raises:
        EdgemlError: it is cut short or of another form.
    """
    try:
        return Facts.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise EdgemlError(f"not a report: {place} {first['msg']}", where, "run edgeml report again") from None


def read(path: Path) -> Facts:
    """Read a report.json.

    Raises:
        EdgemlError: it is missing, cut short or of another form.
    """
    return from_json(read_bytes(path, "report"), str(path))
