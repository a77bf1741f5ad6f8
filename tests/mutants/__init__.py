"""Things broken on purpose, one at a time: does anybody notice?

`source` breaks the package and runs its tests; `artefacts` breaks what was exported and runs its check.
"""
