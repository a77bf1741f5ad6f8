"""The files around model.c: what builds it and tests it, on a host and in the usual projects of boards."""

from __future__ import annotations

from edgeml.backends.c.model import Written


def makefile(written: Written) -> str:
    """A Makefile that builds the library and runs the self-test."""
    return f"""\
# {written.prefix}: `make test` builds and runs the self-test; CC, CFLAGS as usual.
CC ?= cc
CFLAGS ?= -Os
WARNINGS = -std=c99 -Wall -Wextra -Wconversion -Wshadow

all: lib{written.prefix}.a

model.o: src/model.c src/model.h
\t$(CC) $(CFLAGS) $(WARNINGS) -c src/model.c -o $@

lib{written.prefix}.a: model.o
\t$(AR) rcs $@ model.o

selftest: test/selftest.c model.o src/model.h
\t$(CC) $(CFLAGS) $(WARNINGS) -Isrc test/selftest.c model.o -o $@

test: selftest
\t./selftest

clean:
\trm -f model.o lib{written.prefix}.a selftest

.PHONY: all test clean
"""
