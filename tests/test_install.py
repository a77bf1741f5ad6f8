"""Hints that install something, and the other project's package named edgeml."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import edgeml_toolkit
from edgeml import install
from edgeml.errors import EdgemlError

ROOT = Path(__file__).resolve().parent.parent
TEXTS = {
    ".py",
    ".md",
    ".toml",
    ".html",
    ".j2",
    ".txt",
    ".sh",
    ".css",
    ".js",
    ".v",
    ".tcl",
    ".yaml",
    ".yml",
    ".cfg",
    "",
}
NAMED = re.compile(r"pip3? install[^\n`]*?[\s'\"]edgeml(?![\w-])|(?<![\w.-])edgeml\\*\[[a-z]|edgeml==")


def literals(text: str) -> list[str]:
    """Commands that would install the other project's package."""
    return [match[0] for match in NAMED.finditer(text)]


def test_no_text_of_the_tree_installs_the_other_project() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    files = [ROOT / name for name in listed.stdout.splitlines()]
    texts = [path for path in files if path.suffix in TEXTS and path.is_file() and path != Path(__file__)]
    assert len(texts) > 500
    found = {str(path.relative_to(ROOT)): literals(path.read_text(errors="replace")) for path in texts}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_no_other_file_of_edgeml_writes_a_pip_command() -> None:
    files = [path for path in (ROOT / "edgeml").rglob("*") if path.suffix in {".py", ".html", ".j2", ".md"}]
    found = [path.name for path in files if re.search(r"\bpip3? install\b", path.read_text())]
    assert found == ["install.py"]


def test_the_rule_finds_what_it_looks_for() -> None:
    for text in (
        "pip install 'edgeml[all]'",
        'pip install "edgeml\\[all]"',
        "pip install edgeml",
        "get edgeml[train]",
    ):
        assert literals(text), text
    for text in (
        "pip install 'edgeml-toolkit[all]'",
        "edgeml.lower[0]",
        "pip install -e .",
        "edgeml_toolkit",
    ):
        assert not literals(text), text


@pytest.fixture
def wheel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """As if edgeml lay in the site-packages returned, installed from a wheel."""
    package = tmp_path / "site-packages" / "edgeml"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("'''Ours.'''")
    monkeypatch.setattr(install, "_PACKAGE", package)
    monkeypatch.setattr(install, "_pip", lambda: "pip")
    return package.parent


def test_a_wheel_is_completed_by_an_extra(wheel: Path) -> None:
    assert install.checkout() is None
    assert install.command("train") == "pip install 'edgeml-toolkit[train]'"
    assert install.command("train", "data") == "pip install 'edgeml-toolkit[train,data]'"
    assert install.command() == "pip install edgeml-toolkit"
    assert install.elsewhere().startswith("pip install 'edgeml-toolkit[all]==")
    assert install.reinstall().startswith("pip install --force-reinstall --no-deps edgeml-toolkit==")


def test_a_wheel_that_came_from_a_file_is_installed_again_from_it(wheel: Path) -> None:
    record = wheel / "edgeml_toolkit-0.1.0.dist-info"
    record.mkdir()
    (record / "direct_url.json").write_text(json.dumps({"url": "file:///w/edgeml_toolkit-0.1.0.whl"}))
    assert install.reinstall().endswith("--no-deps file:///w/edgeml_toolkit-0.1.0.whl")
    (record / "direct_url.json").write_text("damaged")
    assert "edgeml-toolkit==" in install.reinstall()


def test_a_checkout_is_completed_by_make(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "prefix", str(ROOT / ".venv"))
    monkeypatch.chdir(ROOT)
    assert install.checkout() == ROOT
    assert install.command("train") == install.reinstall() == "make setup"
    monkeypatch.chdir(tmp_path)
    assert install.command() == f"make -C {ROOT} setup"


def test_a_checkout_in_another_environment_is_completed_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", "/opt/conda")
    monkeypatch.setattr(install, "_pip", lambda: "pip")
    assert install.command("train") == f"pip install -e '{ROOT}[train]'"
    assert install.reinstall() == f"pip install --no-deps -e {ROOT}"


def test_pip_is_named_by_its_python_where_another_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    assert install.package("x").startswith("pip install x")
    monkeypatch.setenv("PATH", "/nowhere")
    assert install.package("x") == f"{sys.executable} -m pip install x"


# ---------------------------------------------------------------- the other project


def test_the_other_project_is_refused(wheel: Path) -> None:
    install.refuse_foreign()
    record = wheel / "edgeml-0.2.1.dist-info"
    record.mkdir()
    with pytest.raises(
        EdgemlError, match=r"edgeml 0\.2\.1 is installed too.*pip uninstall -y edgeml && pip install"
    ):
        install.refuse_foreign()


def test_this_project_under_its_former_name_is_not_the_other_one(wheel: Path) -> None:
    record = wheel / "edgeml-0.1.0.dist-info"
    record.mkdir()
    (record / "entry_points.txt").write_text("[console_scripts]\nedgeml = edgeml.cli.main:entry\n")
    install.refuse_foreign()


@pytest.mark.parametrize("how", ["empty", "gone"])
def test_a_file_that_the_other_project_took_along_is_named(how: str, wheel: Path) -> None:
    first = wheel / "edgeml" / "__init__.py"
    first.unlink()
    if how == "empty":
        first.touch()
    with pytest.raises(EdgemlError, match=r"__init__\.py: a file of edgeml is gone.*--force-reinstall"):
        install.refuse_foreign()


def test_a_package_that_hides_this_one_is_one_error_of_the_command(tmp_path: Path) -> None:
    """The other project in site-packages, this one by a path behind it, as an editable install has it."""
    (tmp_path / "edgeml").mkdir()
    (tmp_path / "edgeml" / "__init__.py").touch()
    paths = [str(tmp_path), str(ROOT)]
    code = f"import sys; sys.path[:0] = {paths}; from edgeml_toolkit import entry; entry()"
    done = subprocess.run(
        [sys.executable, "-c", code, "list"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert f"error: {tmp_path / 'edgeml'}: another project's package edgeml" in done.stderr
    assert f"{sys.executable} -m pip uninstall -y edgeml" in done.stderr
    assert "Traceback" not in done.stderr


def test_ctrl_c_while_packages_load_is_one_message_of_the_command() -> None:
    """The module of the command is in the middle of its imports when the signal comes."""
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import edgeml_toolkit, os, signal; "
        "edgeml_toolkit.importlib.import_module = lambda name: os.kill(os.getpid(), signal.SIGINT); "
        "edgeml_toolkit.entry()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "train", "my net.py"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 130
    assert done.stderr == "\ninterrupted before it began; the command is\n  edgeml train 'my net.py'\n"


def test_python_m_edgeml_starts_as_the_script_does() -> None:
    from edgeml import __main__

    assert __main__.entry is edgeml_toolkit.entry
