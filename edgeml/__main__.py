"""`python -m edgeml` is the command line, where its script is not on PATH."""

from __future__ import annotations

from edgeml_toolkit import entry

if __name__ == "__main__":
    entry()
