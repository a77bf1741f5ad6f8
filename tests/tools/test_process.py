"""Programs end, fail, hang and are missing; nothing is left running and the message says what to do."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from edgeml.errors import EdgemlError, MissingToolError
from edgeml.tools import Completed, error_line, failure, run


def python(code: str, folder: Path, seconds: float = 120.0, **more: object) -> Completed:
    return run([sys.executable, "-c", code], folder, folder / "log", seconds, **more)  # type: ignore[arg-type]


def alive(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def wait_gone(pid: int) -> bool:
    limit = time.monotonic() + 5
    while alive(pid) and time.monotonic() < limit:
        time.sleep(0.02)
    return not alive(pid)


def test_both_outputs_are_in_the_log_in_order(tmp_path: Path) -> None:
    code = "import sys\nfor i in range(3):\n print(i, flush=True)\n print(-i, file=sys.stderr, flush=True)"
    done = python(code, tmp_path)
    assert done.output.split() == ["0", "0", "1", "-1", "2", "-2"]
    assert (done.code, done.log) == (0, tmp_path / "log")
    assert 0 < done.seconds < 20


def test_folder_and_environment(tmp_path: Path) -> None:
    done = python("import os; print(os.getcwd(), os.environ['X'])", tmp_path, environment={"X": "a b"})
    assert done.output.strip() == f"{tmp_path.resolve()} a b"
    assert "X" not in os.environ


def test_no_shell_is_involved(tmp_path: Path) -> None:
    done = run(
        [sys.executable, "-c", "import sys; print(sys.argv[1])", "$HOME; exit 3"], tmp_path, tmp_path / "l", 9
    )
    assert done.output.strip() == "$HOME; exit 3"


def test_a_failure_names_the_error_line_and_the_log(tmp_path: Path) -> None:
    code = "import sys; print('fine'); print('x.cpp:3: error: no'); print('note'); sys.exit(7)"
    with pytest.raises(EdgemlError, match="failed with code 7: x.cpp:3: error: no") as caught:
        python(code, tmp_path)
    assert str(tmp_path / "log") in caught.value.hint
    assert python(code, tmp_path, check=False).code == 7


def test_a_signal_is_named(tmp_path: Path) -> None:
    with pytest.raises(EdgemlError, match="ended by signal SIGSEGV"):
        python("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", tmp_path)


def test_the_time_limit_ends_the_whole_group(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)"
    )
    with pytest.raises(EdgemlError, match="took longer than 1 s"):
        python(code, tmp_path, 1.0)
    assert wait_gone(int((tmp_path / "log").read_text()))


def test_what_a_program_leaves_behind_is_ended(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys\n"
        "print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']).pid)"
    )
    assert wait_gone(int(python(code, tmp_path).output))


def test_a_program_that_ignores_the_polite_signal_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edgeml.tools._process._GRACE_SECONDS", 0.3)
    code = (
        "import os, signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print(os.getpid(), flush=True)\n"
        "time.sleep(60)"
    )
    with pytest.raises(EdgemlError, match="took longer"):
        python(code, tmp_path, 1.0)
    assert wait_gone(int((tmp_path / "log").read_text()))


def test_ctrl_c_ends_the_program(tmp_path: Path) -> None:
    def interrupt() -> None:
        while not (tmp_path / "log").exists() or not (tmp_path / "log").read_text().strip():
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        python("import os, time; print(os.getpid(), flush=True); time.sleep(60)", tmp_path)
    thread.join()
    assert wait_gone(int((tmp_path / "log").read_text()))


def test_a_missing_program(tmp_path: Path) -> None:
    with pytest.raises(MissingToolError, match="no-such-program: there is no such program"):
        run(["no-such-program"], tmp_path, tmp_path / "log", 5)


def test_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(EdgemlError, match="no such folder"):
        run([sys.executable], tmp_path / "gone", tmp_path / "log", 5)


def test_a_file_that_is_no_program(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello")
    with pytest.raises(EdgemlError, match="cannot be started: Permission denied"):
        run([tmp_path / "text"], tmp_path, tmp_path / "log", 5)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    done = python("import sys; sys.stdout.buffer.write(bytes(range(256)))", tmp_path)
    assert "ABC" in done.output


def test_the_error_line() -> None:
    assert error_line("") == ""
    assert error_line("\n a \n\n b \n") == "b"
    assert error_line("g++: fatal error: no input\nx") == "g++: fatal error: no input"
    assert len(error_line("error " + "x" * 9999)) < 400


def test_a_failure_without_output(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("")
    told = failure(Completed(("/bin/tool", "argument"), 2, 0.1, tmp_path / "log"))
    assert (told.what, told.where) == ("failed with code 2", "tool")
