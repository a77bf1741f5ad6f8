"""Folders that are registries: the members of a kind are the files of one folder.

Two kinds of folder, one rule for both:

    ModuleFolder("tool", "edgeml.tools")            Python files, or packages, of a package
    FileFolder("board", "hw/boards", ".toml")       data files that ship with edgeml

Every entry of the folder is a member, named by its file, unless its name begins with an underscore or a dot.
A name that is a Python keyword has an underscore behind it in its file name: the command `import` lies in
`import_.py`.

Invariant: `names()` imports no member, `load(name)` imports that member alone, and an entry that should be a
member and is not (a declaration is missing, or of another type) is an error that names file and declaration.

To make a registry of a folder, write `names` and `load` beside it from one of these classes; `edgeml/tools`
is the shortest example.
"""

from __future__ import annotations

import importlib
import importlib.util
import keyword
import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from edgeml.errors import EdgemlError, unknown_name
from edgeml.share import share_dir

T = TypeVar("T")


@dataclass(frozen=True)
class Folder(ABC):
    """A folder whose entries are the members of one kind.

    Args:
        kind: what a member is called in messages, "data set".
    """

    kind: str

    @abstractmethod
    def entries(self) -> dict[str, Path]:
        """Path of every member by name."""

    def names(self) -> tuple[str, ...]:
        """The names of all members, sorted. No member is imported or read."""
        return tuple(sorted(self.entries()))

    def path(self, name: str) -> Path:
        """File or folder of a member.

        Raises:
            EdgemlError: there is no member of that name; near matches are given.
        """
        entries = self.entries()
        if name not in entries:
            raise unknown_name(self.kind, name, entries)
        return entries[name]


@dataclass(frozen=True)
class FileFolder(Folder):
    """Members are data files that ship with edgeml.

    Args:
        kind: what a member is called in messages.
        place: the folder inside the source tree, "hw/boards".
        suffix: that of its members; files with another one are none.
    """

    place: str
    suffix: str

    def entries(self) -> dict[str, Path]:
        share, *below = self.place.split("/")
        paths = _visible(share_dir(share).joinpath(*below))
        return {path.name[: -len(self.suffix)]: path for path in paths if path.name.endswith(self.suffix)}


@dataclass(frozen=True)
class ModuleFolder(Folder):
    """Members are modules or packages of a package.

    Args:
        kind: what a member is called in messages.
        package: the dotted name of the package.
        whole: whether every member is a package; modules beside them are what they share.
    """

    package: str
    whole: bool = False

    def entries(self) -> dict[str, Path]:
        paths = [path for folder in self._folders() for path in _visible(Path(folder))]
        return {_name(path): path for path in paths if self._is_member(path)}

    def _folders(self) -> list[str]:
        """The folders of the package, which is not imported for that."""
        if self.package in sys.modules:
            return list(sys.modules[self.package].__path__)
        spec = importlib.util.find_spec(self.package)
        return list((spec and spec.submodule_search_locations) or ())

    def _is_member(self, path: Path) -> bool:
        return _has_python(path) or (path.suffix == ".py" and not self.whole)

    def load(self, name: str) -> ModuleType:
        """The module of a member, the only one that is imported.

        Raises:
            EdgemlError: there is no such member (near matches are given), its file name cannot be imported,
                or its folder lacks `__init__.py`.
        """
        imported = sys.modules.get(f"{self.package}.{name}") if name[:1] not in ("_", ".", "") else None
        if imported is not None:  # the folder is not listed here, because emitters are loaded op by op
            return imported
        path = self.path(name)
        stem = _stem(path)
        if not stem.isidentifier():
            raise EdgemlError(
                f"{stem!r} cannot be the name of a {self.kind}", str(path), "use letters, digits and _"
            )
        if path.suffix != ".py" and not (path / "__init__.py").is_file():
            raise EdgemlError(f"the folder of a {self.kind} lacks __init__.py", str(path))
        return importlib.import_module(f"{self.package}.{stem}")

    def declared(self, name: str, attribute: str, kind: type[T]) -> T:
        """An object that the member's file declares.

        Args:
            name: the member.
            attribute: what the object is called there, "TOOL".
            kind: its type.

        Raises:
            EdgemlError: as for `load`; or the file has no such object, or one of another type.
        """
        value = self._attribute(name, attribute, f"{attribute} = {kind.__name__}(...)")
        if not isinstance(value, kind):
            raise EdgemlError(
                f"{attribute} is of type {type(value).__name__}, not {kind.__name__}", str(self.path(name))
            )
        return value

    def class_of(self, name: str, base: type[T]) -> type[T]:
        """The class that the member's file is named after, in CamelCase: `MaxPool` of max_pool.py.

        Args:
            name: the member.
            base: what it is a subclass of.

        Raises:
            EdgemlError: as for `load`; or the file has no such class, or one that is no subclass.
        """
        title = camel_case(name)
        value = self._attribute(name, title, f"class {title}({base.__name__})")
        if not (isinstance(value, type) and issubclass(value, base)):
            raise EdgemlError(f"{title} is no subclass of {base.__name__}", str(self.path(name)))
        return value

    def function(self, name: str, attribute: str, parameters: str = "...") -> Any:
        """A function that the member's file declares.

        Args:
            name: the member.
            attribute: the function's name there, "lower".
            parameters: its parameters, for the message.

        Raises:
            EdgemlError: as for `load`; or the file has no such function.
        """
        value = self._attribute(name, attribute, f"def {attribute}({parameters})")
        if not callable(value):
            raise EdgemlError(
                f"{attribute} is of type {type(value).__name__}, no function", str(self.path(name))
            )
        return value

    def _attribute(self, name: str, attribute: str, example: str) -> Any:
        module = self.load(name)
        if not hasattr(module, attribute):
            raise EdgemlError(
                f"the file of a {self.kind} declares {attribute}, and this one does not",
                str(self.path(name)),
                f"write {example}; a helper's file name begins with an underscore",
            )
        return getattr(module, attribute)


def camel_case(name: str) -> str:
    """The class that a file is named after.

    >>> camel_case("max_pool")
    'MaxPool'
    """
    return "".join(part.capitalize() for part in name.split("_"))


def _visible(folder: Path) -> list[Path]:
    """The entries of a folder that are members by their names."""
    return [path for path in folder.iterdir() if path.name[0] not in "_."]


def _has_python(path: Path) -> bool:
    """True for a folder with Python files; one with only a __pycache__ is a remnant."""
    return path.is_dir() and any(inner.suffix == ".py" for inner in path.iterdir())


def _name(path: Path) -> str:
    """The member's name of a Python file or package."""
    stem = _stem(path)
    return stem[:-1] if stem.endswith("_") and keyword.iskeyword(stem[:-1]) else stem


def _stem(path: Path) -> str:
    """The module's name of a Python file or package."""
    return path.stem if path.suffix == ".py" else path.name
