"""`python -m edgeml` is the command line, where its script is not on PATH."""

from edgeml.cli.main import entry

if __name__ == "__main__":
    entry()
