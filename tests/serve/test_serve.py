"""The page as other programs see it: what it answers, what it refuses, and that it writes nothing."""

from __future__ import annotations

import hashlib
import json
import socket
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeml.errors import EdgemlError, MissingToolError
from edgeml.ir import evaluate_codes, input_codes
from edgeml.runs import Run
from edgeml.serve.app import LARGEST
from edgeml.serve.library import Library
from edgeml.serve.probe import parsed_row
from edgeml.serve.server import listening, require, serve
from edgeml.training.history import write_history
from tests.explore.made_up import sample_record
from tests.serve.conftest import epochs

ROW = "5.1,3.5,1.4,0.2"


def ask(
    address: str, path: str, body: Any = None, headers: dict[str, str] | None = None
) -> tuple[int, str, Any]:
    """Status, text and headers of an answer."""
    own = {"Content-Type": "application/json", "Origin": address} if body is not None else {}
    data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address + path, data, {**own, **(headers or {})})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode(), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), error.headers


def test_the_list_has_every_run_and_its_state(address):
    status, page, headers = ask(address, "/")
    assert status == 200
    for name in ("first", "second", "going", "broken"):
        assert f'href="/runs/{name}"' in page
    assert "linked" not in page and ">none<" not in page  # outside the folder; no run
    assert "in training, or interrupted" in page and "config.toml" in page
    assert (
        "default-src 'none'" in headers["content-security-policy"] and headers["cache-control"] == "no-store"
    )


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1:1", "localhost", ""])
def test_another_host_is_refused(address, host):
    assert ask(address, "/", headers={"Host": host})[0] == 403
    port = address.rpartition(":")[2]
    assert ask(address, "/", headers={"Host": f"localhost:{port}"})[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
    ],
)
def test_a_request_of_another_page_is_refused(address, headers):
    status, text, _ = ask(address, "/api/runs/first/evaluate", {"row": ROW}, headers)
    assert status == 403 and text.startswith("refused: ")
    assert ask(address, "/api/runs/first/evaluate", {"row": ROW})[0] == 200


@pytest.mark.parametrize(
    "name",
    [
        "..",
        "../secret",
        "%2e%2e%2fsecret",
        "linked",
        "none",
        "first/../../secret",
        "%00",
        "first%2f..",
        "x" * 400,
    ],
)
def test_no_name_leads_out_of_the_folder(address, name):
    for path in (
        f"/runs/{name}",
        f"/runs/{name}/pages/report.html",
        f"/api/runs/{name}/input",
        f"/{name}/report.html",
    ):
        assert ask(address, path)[0] in (400, 404), path


@pytest.mark.parametrize(
    "file", ["config.toml", "graph.json", "..%2fconfig.toml", "report.json", "model.keras"]
)
def test_only_pages_of_a_run_are_shown(address, file):
    assert ask(address, f"/runs/first/pages/{file}")[0] == 404
    assert ask(address, f"/static/{file}")[0] == 404


def test_a_report_is_shown_in_a_sandbox(address, runs):
    status, page, headers = ask(address, "/runs/first/pages/report.html")
    assert status == 200 and page == (runs / "first" / "report.html").read_text()
    policy = headers["content-security-policy"]
    assert "sandbox allow-scripts" in policy and "allow-same-origin" not in policy
    status, page, headers = ask(address, "/compare?run=first&run=second")
    assert status == 200 and "2 runs" in page and "sandbox" in headers["content-security-policy"]
    assert ask(address, "/compare?run=first")[0] == 404
    status, page, _ = ask(address, "/compare?run=first&run=going")
    assert status == 404 and "edgeml report runs/going" in page


def test_float_fixed_and_every_integer_of_a_row(address, runs):
    status, text, _ = ask(address, "/api/runs/first/evaluate", {"row": ROW})
    found = json.loads(text)
    run = Run.open(runs / "first")
    graph, data = run.graph(), run.data()
    x = data.scaling.apply(np.array([[5.1, 3.5, 1.4, 0.2]], np.float32))
    names = [node.name for node in graph.nodes if node.op.op_name() != "const"]
    codes = evaluate_codes(graph, input_codes(graph, x), names)
    assert status == 200 and [row["name"] for row in found["values"]] == names
    for row in found["values"]:
        assert row["codes"] == codes[row["name"]][0].ravel().tolist()
    assert len(found["float"]) == 3 and found["says"] == data.class_names[int(np.argmax(found["fixed"]))]
    sample = json.loads(ask(address, "/api/runs/first/samples/4")[1])
    assert sample["truth"] == data.class_names[int(data.y_test[4])]
    again = json.loads(ask(address, "/api/runs/first/evaluate", {"row": sample["values"]})[1])
    assert again["values"][0]["codes"] == input_codes(graph, data.x_test[4:5])[graph.inputs[0]][0].tolist()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"row": "1,2,3"}, "a sample has 4 numbers, not 3"),
        ({"row": "1,2,3,x"}, "field 4, 'x', is no number"),
        ({"row": "1,2,3,nan"}, "finite"),
        ({"row": [1, 2, 3, True]}, "has no row"),
        ({"row": {}}, "has no row"),
        ([], "has no row"),
        (b"{", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
    ],
)
def test_a_bad_sample_gets_one_error(address, body, said):
    status, text, _ = ask(address, "/api/runs/first/evaluate", body)
    assert status == 400 and said in json.loads(text)["error"]
    assert ask(address, "/")[0] == 200


def test_a_request_has_a_largest_size(address):
    with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])), 10) as line:
        head = f"POST /api/runs/first/evaluate HTTP/1.1\r\nHost: {address[7:]}\r\nOrigin: {address}\r\n"
        line.sendall(
            f"{head}Content-Type: application/json\r\nContent-Length: {LARGEST + 1}\r\n\r\n".encode()
        )
        assert b"403" in line.recv(2000).splitlines()[0]


@pytest.mark.parametrize("number", ["-1", "999999", "x", "1e3", "٣", "9" * 40])
def test_a_sample_number_is_one_that_there_is(address, number):
    from urllib.parse import quote

    assert ask(address, f"/api/runs/first/samples/{quote(number)}")[0] == 400


def test_a_training_is_sent_as_it_goes(address, training, runs):
    request = urllib.request.Request(f"{address}/api/runs/going/events")
    with urllib.request.urlopen(request, timeout=60) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")

        def snapshot() -> dict[str, Any]:
            while not (line := stream.readline()).startswith(b"data: "):
                assert line
            return json.loads(line[6:])

        assert len(snapshot()["rows"]) == 3
        write_history(training.history_file, epochs(4))
        assert len(snapshot()["rows"]) == 4
        training.model_file.write_bytes(b"")
        last = snapshot()
        assert last["done"] and stream.read() == b"\n"
    training.model_file.unlink()
    write_history(training.history_file, epochs(3))


def test_a_study_is_listed_and_its_trials_are_sent(address):
    assert 'href="/studies/search"' in ask(address, "/")[1]
    assert ask(address, "/studies/search")[0] == 200
    assert ask(address, "/studies/first")[0] == 404
    status, text, headers = ask(address, "/api/studies/search/events")
    assert status == 200 and headers["content-type"].startswith("text/event-stream")
    (line,) = [line for line in text.splitlines() if line.startswith("data: ")]
    sent, record = json.loads(line.removeprefix("data: ")), sample_record()
    assert sent["trials"] == sent["of"] == 30 and sent["done"]
    assert sent["front"] == [row.number for row in record.front] != []
    assert {"accuracy", "lut"} <= set(sent["values"]) and all(len(v) == 30 for v in sent["values"].values())


def test_nothing_is_written(address, runs):
    def digests() -> dict[str, str]:
        files = [path for path in runs.rglob("*") if path.is_file()]
        return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    before = digests()
    for path in (
        "/",
        "/runs/first",
        "/compare?run=first&run=second",
        "/api/runs/first/input",
        "/runs/broken",
    ):
        ask(address, path)
    ask(address, "/api/runs/first/evaluate", {"row": ROW})
    for method in ("PUT", "DELETE", "PATCH"):
        request = urllib.request.Request(f"{address}/runs/first", method=method, headers={"Origin": address})
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(request, timeout=30)
    assert digests() == before


def test_it_listens_on_this_machine_alone(address):
    with listening(0) as listener:
        host, port = listener.getsockname()
        assert host == "127.0.0.1"
        with pytest.raises(EdgemlError, match=f"port {port}: is in use") as caught:
            listening(port)
        assert "--port" in caught.value.hint


def test_without_its_packages_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "starlette", None)
    with pytest.raises(MissingToolError, match="starlette is not installed"):
        require()
    monkeypatch.undo()
    with pytest.raises(EdgemlError, match="is no folder of runs"):
        serve(tmp_path / "none")


def test_an_empty_folder_has_no_runs(tmp_path: Path):
    assert Library(tmp_path).names() == () and Library(tmp_path / "gone").entries() == ()


def test_a_row_has_numbers_alone():
    assert parsed_row(" 1, 2;3\t4 , ") == [1.0, 2.0, 3.0, 4.0]
    with pytest.raises(EdgemlError, match="field 2, ''"):
        parsed_row("1,,3")
