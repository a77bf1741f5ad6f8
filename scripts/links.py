"""Check the links of the built site: every page, image, style and anchor that a page names is there.

    python scripts/links.py docs/_build/html

Links to other hosts are left alone, but no page may load anything from one: fonts and scripts are local.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_LOADS = {("script", "src"), ("img", "src"), ("link", "href"), ("source", "src"), ("iframe", "src")}
"""Attributes that a browser fetches by itself."""


class Page(HTMLParser):
    """The ids of a page and what it refers to.

    Args:
        text: the page's HTML.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[tuple[str, bool]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element's id, and the address in it with whether it is fetched."""
        for name, value in attrs:
            if name in ("id", "name") and value:
                self.ids.add(value)
            elif name in ("href", "src") and value:
                self.links.append((value, (tag, name) in _LOADS))


def faults(root: Path) -> Iterator[str]:
    """A sentence for each link that leads nowhere, and for each thing that is fetched from another host."""
    pages = {path.resolve(): Page(path.read_text(encoding="utf-8")) for path in sorted(root.rglob("*.html"))}
    if not pages:
        yield f"{root}: no page"
    for path, page in pages.items():
        where = path.relative_to(root.resolve())
        for link, fetched in page.links:
            address = urlsplit(link)
            if address.scheme in ("mailto", "data"):
                continue
            if address.scheme or address.netloc:
                if fetched:
                    yield f"{where}: loads {link} from another host"
                continue
            target = (path.parent / unquote(address.path)).resolve() if address.path else path
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file():
                yield f"{where}: {link} leads to no file"
            elif address.fragment and target in pages and unquote(address.fragment) not in pages[target].ids:
                yield f"{where}: {link} leads to no such place on the page"


def main() -> int:
    """Print the faults of the site in the folder that is named."""
    found = list(faults(Path(sys.argv[1])))
    print(*found, sep="\n")
    print(f"{len(found)} links lead nowhere" if found else "every link of the site leads somewhere")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
