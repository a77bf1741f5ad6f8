"""The pictures in docs/images, made anew from runs: `python -m tests.report.pictures RUN PLACED OTHER...`.

RUN is shown from its top (report.png), PLACED's first design in the hardware section (report-hardware.png),
and RUN with the OTHERs as a comparison (comparison.png). Reports are made of copies; the runs stay as they
are.
"""

from __future__ import annotations

import base64
import shutil
import sys
import tempfile
from pathlib import Path

from edgeml import api, pipeline
from edgeml.estimate import EMPTY
from tests.report.browser import FOLDS, Browser, browser

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
WIDTH = 1240


def main(runs: list[Path]) -> None:
    """Write the three pictures."""
    programs = [shutil.which(name) for name in ("chromium", "chromedriver")]
    if len(runs) < 3 or None in programs:
        sys.exit(f"{__doc__}\nNeeds three runs, and chromium and chromedriver on PATH.")
    with tempfile.TemporaryDirectory() as name, browser(*map(str, programs)) as session:
        folder = Path(name)
        copies = [Path(shutil.copytree(run, folder / run.name)) for run in runs]
        shown, placed, *_ = opened = [api.load(copy) for copy in copies]
        for run in (shown, placed):
            pipeline.report(run, EMPTY)
        pipeline.compare([shown, *opened[2:]], folder / "comparison", EMPTY)
        picture(session, shown.folder / "report.html", "", "report.png")
        picture(session, placed.folder / "report.html", "details.design", "report-hardware.png")
        picture(session, folder / "comparison" / "comparison.html", "#tradeoffs", "comparison.png")


def picture(session: Browser, page: Path, part: str, name: str) -> None:
    """One element of a page, or its first 1020 lines, as a PNG."""
    session.size(WIDTH, 1020)
    session.media()
    session.open(page)
    clip = {"x": 0, "y": 0, "width": WIDTH, "height": 1020}
    if part:
        session.run(FOLDS)
        box = session.run(
            "return document.querySelector(arguments[0]).getBoundingClientRect().toJSON()", part
        )
        clip = {key: round(box[key]) for key in ("x", "y", "width", "height")}
    found = session.devtools("Page.captureScreenshot", clip=clip | {"scale": 1}, captureBeyondViewport=True)
    (IMAGES / name).write_bytes(base64.b64decode(found["data"]))


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
