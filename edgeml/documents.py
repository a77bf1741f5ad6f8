"""JSON files with a schema: one way to write them, and one strict way to read them.

    class Notes(Document):
        what: ClassVar[str] = "notes of a lowering"
        remedy: ClassVar[str] = "run edgeml train again"
        schema_: Literal[1] = Field(default=1, alias="schema")
        layers: tuple[str, ...]

    Notes(layers=("fc",)).write(path)
    notes = Notes.read(path)

A change after which an older edgeml would misread the file raises the number of its schema. A new key with a
default does not.

Invariant: `read` gives what was written, or an `EdgemlError` that names the file, the key and the remedy. No
key is ignored, no value is converted ("4" is no number), and a file of another schema says so. `write`
replaces the file atomically.
"""

from __future__ import annotations

import json
import os
from typing import Any, ClassVar, Self, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from edgeml import limits
from edgeml.errors import EdgemlError
from edgeml.files import read_bytes, write_atomic
from edgeml.reading import parse_json
from edgeml.settings import explained

_KEY = "schema"
_FIELD = "schema_"


class Record(BaseModel):
    """A part of a document: immutable; an undeclared key, NaN and infinity are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True)


class Document(Record):
    """Base of the contents of a JSON file with a schema.

    Raises:
        TypeError: when the class is made, if it does not declare `what`, `remedy` and `schema_`.
    """

    what: ClassVar[str]
    """Description of the file for messages: "check result"."""

    remedy: ClassVar[str]
    """Hint for a file that cannot be read: "run edgeml check again"."""

    last: ClassVar[tuple[str, ...]] = ()
    """The keys at the end of the file; that of the schema is at the beginning."""

    @classmethod
    def __pydantic_init_subclass__(cls, **options: Any) -> None:
        super().__pydantic_init_subclass__(**options)
        owed = [name for name in ("what", "remedy") if not hasattr(cls, name)]
        field = cls.model_fields.get(_FIELD)
        if field is None or field.alias is None or get_args(field.annotation) != (field.default,):
            owed.append(f'{_FIELD}: Literal[N] = Field(default=N, alias="{_KEY}")')
        if owed:
            raise TypeError(f"the document {cls.__name__} ({cls.__module__}) does not declare {owed}")

    @classmethod
    def parse(cls, content: bytes | str, where: str | os.PathLike[str]) -> Self:
        """The document in the bytes of a file.

        Args:
            content: JSON text.
            where: the file, for messages.

        Raises:
            EdgemlError: it is no JSON, of another schema, or a key is unknown, missing or of another type.
        """
        plain: Any = parse_json(content, where, cls.what, cls.remedy, f"is not a {cls.what}")
        key, schema = cls._key(), cls.model_fields[_FIELD].default
        if not isinstance(plain, dict) or key not in plain:
            raise cls._refused(f"it has no key {key!r}", where)
        if type(plain[key]) is not int or plain[key] != schema:
            raise EdgemlError(
                f"was written with schema {plain[key]!r:.40}, this edgeml reads schema {schema}",
                os.fspath(where),
                cls.remedy,
            )
        try:
            return cls.model_validate_json(content, strict=True)
        except ValidationError as error:
            raise cls._refused(explained(error, cls, "").what, where) from None
        except RecursionError:
            raise cls._refused("it is nested too deeply", where) from None

    @classmethod
    def read(cls, path: str | os.PathLike[str], /) -> Self:
        """The document in a file.

        Raises:
            EdgemlError: there is no such file, it cannot be read, or as for `parse`.
        """
        return cls.parse(read_bytes(path, cls.what, limits.TEXT), path)

    @classmethod
    def _key(cls) -> str:
        """The key of the schema's number."""
        return cls.model_fields[_FIELD].alias or _KEY

    @classmethod
    def _refused(cls, reason: str, where: str | os.PathLike[str]) -> EdgemlError:
        return EdgemlError(f"is not a {cls.what}: {reason}", os.fspath(where), cls.remedy)

    def to_json(self) -> str:
        """The text of the file; half of a surrogate pair, which UTF-8 does not have, becomes a "?"."""
        values = self.model_dump(mode="json", by_alias=True)
        keys = sorted(values, key=lambda key: (key != self._key(), key in self.last))
        text = json.dumps({key: values[key] for key in keys}, indent=1, ensure_ascii=False)
        return text.encode("utf-8", "replace").decode() + "\n"

    def write(self, path: str | os.PathLike[str]) -> None:
        """Replace the file atomically.

        Raises:
            EdgemlError: it cannot be written; the old file is then still there.
        """
        write_atomic(path, self.to_json())
