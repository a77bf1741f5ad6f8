"""The pages and what they ask for.

To add a page, add a function and its route, and its template in `templates`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from edgeml._version import __version__
from edgeml.errors import EdgemlError
from edgeml.files import read_bytes
from edgeml.reading import parse_json
from edgeml.report.comparison.compare import compare
from edgeml.report.layout import shipped
from edgeml.report.page import comparison_html
from edgeml.report.sections.summary.answer import answer
from edgeml.serve import live
from edgeml.serve.guard import Guard
from edgeml.serve.library import Library
from edgeml.serve.probe import Probes, parsed_row

if TYPE_CHECKING:
    import jinja2

LARGEST = 4_000_000
"""Bytes of a request: a sample of the largest kind as text."""

SANDBOX = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; sandbox allow-scripts allow-popups"
)
"""Of pages that lie in run folders: they may do nothing but show themselves, and are of no origin."""

Handler = Callable[[Request], Awaitable[Response]]


class Pages:
    """The answers to requests over one folder of runs.

    Args:
        library: the folder.
    """

    def __init__(self, library: Library) -> None:
        self.library = library
        self.probes = Probes()

    async def index(self, request: Request) -> Response:
        """The list of runs."""
        entries = await asyncio.to_thread(self.library.entries)
        rows = [(entry, answer(entry.facts) if entry.facts else None) for entry in entries]
        return _page("index.html.j2", rows=rows, studies=self.library.studies(), root=self.library.root)

    async def run(self, request: Request) -> Response:
        """One run: its training as it goes, and a sample to take through it."""
        entry = self.library.entry(request.path_params["name"])
        pages = {"report": "report.html", "rates": "find-lr.html"}
        there = {key: _is_there(self.library, entry.name, file) for key, file in pages.items()}
        return _page("run.html.j2", entry=entry, there=there)

    async def study(self, request: Request) -> Response:
        """One study as it goes."""
        name = request.path_params["name"]
        self.library.study(name)
        return _page("study.html.j2", name=name, page=_is_there(self.library, name, "explore.html"))

    async def shown(self, request: Request) -> Response:
        """A page that lies in a run folder."""
        path = self.library.page(request.path_params["name"], request.path_params["file"])
        return FileResponse(path, media_type="text/html", headers={"content-security-policy": SANDBOX})

    async def compared(self, request: Request) -> Response:
        """Several runs side by side."""
        names = request.query_params.getlist("run")
        reports = await asyncio.to_thread(self.library.reports, names)
        text = await asyncio.to_thread(lambda: comparison_html(compare(reports, self.library.root)))
        return HTMLResponse(text, headers={"content-security-policy": SANDBOX})

    async def described(self, request: Request) -> Response:
        """The samples that a run takes."""
        opened = await asyncio.to_thread(self.probes.of, self._run(request))
        return JSONResponse(await asyncio.to_thread(opened.described))

    async def sample(self, request: Request) -> Response:
        """A stored test sample."""
        opened = await asyncio.to_thread(self.probes.of, self._run(request))
        return JSONResponse(opened.sample(_whole(request.path_params["number"])))

    async def evaluated(self, request: Request) -> Response:
        """Float, fixed point and every integer of a sample."""
        values = _values(await request.body())
        opened = await asyncio.to_thread(self.probes.of, self._run(request))
        return JSONResponse(await asyncio.to_thread(opened.evaluated, values))

    async def training(self, request: Request) -> Response:
        """The epochs of a run as they are written."""
        run = self._run(request)
        return _stream(lambda: live.training(run))

    async def trials(self, request: Request) -> Response:
        """The trials of a study as they are written."""
        path = self.library.study(request.path_params["name"])
        return _stream(lambda: live.study(path))

    def _run(self, request: Request) -> Any:
        entry = self.library.entry(request.path_params["name"])
        if entry.run is None:
            raise EdgemlError(entry.error, entry.name)
        return entry.run


def application(root: Path, port: int) -> ASGIApp:
    """The page over a folder of runs, behind its guard.

    Args:
        root: the folder of runs.
        port: that it will listen on.
    """
    pages = Pages(Library(root))
    routes = [
        Route("/", _answered(pages.index)),
        Route("/compare", _answered(pages.compared)),
        Route("/static/{file}", _answered(_static)),
        Route("/runs/{name}", _answered(pages.run)),
        Route("/runs/{name}/pages/{file}", _answered(pages.shown)),
        Route("/studies/{name}", _answered(pages.study)),
        Route("/api/runs/{name}/input", _answered(pages.described)),
        Route("/api/runs/{name}/samples/{number}", _answered(pages.sample)),
        Route("/api/runs/{name}/evaluate", _answered(pages.evaluated), methods=["POST"]),
        Route("/api/runs/{name}/events", _answered(pages.training)),
        Route("/api/studies/{name}/events", _answered(pages.trials)),
        Route("/{name}/{file}", _answered(pages.shown)),  # as a comparison links them
    ]
    return Guard(Starlette(routes=routes), port, LARGEST)


def _answered(handler: Handler) -> Handler:
    """The handler, with an EdgemlError as its answer: JSON for the page's own requests, else a page."""

    async def answering(request: Request) -> Response:
        try:
            return await handler(request)
        except EdgemlError as error:
            if request.url.path.startswith("/api/"):
                return JSONResponse({"error": str(error), "hint": error.hint}, 400)
            return _page("error.html.j2", 404, error=error)
        except ClientDisconnect:
            return JSONResponse({"error": f"a request has at most {LARGEST:,} bytes"}, 413)

    return answering


async def _static(request: Request) -> Response:
    files = {
        "report.css": ("text/css", lambda: shipped("templates/report.css")),
        "serve.css": ("text/css", lambda: _own("serve.css")),
        "serve.js": ("text/javascript", lambda: _own("serve.js")),
    }
    kind, read = files.get(request.path_params["file"], ("", lambda: ""))
    if not kind:
        raise EdgemlError("there is no such file", "static")
    return Response(read(), media_type=kind)


def _values(body: bytes) -> list[float]:
    """The numbers of a sample in the body of a request.

    Raises:
        EdgemlError: it holds something else.
    """
    document = parse_json(body, "request", "request", wrong="is no JSON")
    row = document.get("row") if isinstance(document, dict) else None
    if isinstance(row, str):
        return parsed_row(row)
    if isinstance(row, list) and all(isinstance(v, int | float) and not isinstance(v, bool) for v in row):
        return [float(value) for value in row]
    raise EdgemlError("has no row: a line of CSV, or a list of numbers", "request")


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise EdgemlError("a sample has a whole number", "sample")
    return int(text)


def _stream(read: Callable[[], dict[str, Any]]) -> Response:
    read()  # an error is an answer, not the end of a stream
    return StreamingResponse(live.events(read), media_type="text/event-stream")


def _is_there(library: Library, name: str, file: str) -> bool:
    try:
        return library.page(name, file).is_file()
    except EdgemlError:
        return False


def _own(name: str) -> str:
    return read_bytes(Path(__file__).parent / "templates" / name, "part of the page").decode()


@cache
def _templates() -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FunctionLoader(_own),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _page(template: str, status: int = 200, **values: Any) -> Response:
    return HTMLResponse(_templates().get_template(template).render(version=__version__, **values), status)
