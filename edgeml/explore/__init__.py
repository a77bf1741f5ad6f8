"""Search for designs that meet stated limits: a user states board, latency and accuracy, and turns no knob.

    study = StudyRequest(preset="digits_mlp", target=ExploreTarget.of_board("pynq-z2"), ...)
    record = search(study, folder, jobs=2)

A knob is a file of `knobs/`: it says what can be changed for a kind of design, within which bounds, and which
`--set` lines a choice is. A metric is a file of `metrics/`: what is minimized or limited. `space` is what a
preset and a target have of both, `search` asks Optuna for trials generation by generation, `trial` is one
trial in a process of its own, `record` and `page` are what comes out, `pick` makes a trial a run folder.

Invariant: the result depends on the study and its seed, not on how many processes there are or how fast they
are; a trial that breaks a limit is never proposed.

To add a knob or a metric, add its file.
"""

from __future__ import annotations
