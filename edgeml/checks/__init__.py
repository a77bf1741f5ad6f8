"""Run every artefact, compare integers, explain the first difference.

`golden` keeps the vectors everything is compared with, `compare` finds differences, `explain` says where
a difference comes from, `artefacts` runs what lies in a folder, `result` is what check.json holds.
"""
