"""The order of steps: of two that are possible the one with the smaller arena.

Invariant: a step stands behind those whose results it reads.
"""

from __future__ import annotations

from dataclasses import replace

from edgeml.backends.c.steps import Program, Step


def ordered(program: Program) -> Program:
    """The program in its order, or in one that frees memory early if that has a smaller arena."""
    other = replace(program, steps=_frugal(program))
    return min(program, other, key=lambda one: one.arena_bytes)


def _frugal(program: Program) -> tuple[Step, ...]:
    """The steps so that the next one is always the one that adds the fewest bytes to what is kept."""
    results = {step.result for step in program.steps}
    reads = {step.result: set(program.reads(step)) & results for step in program.steps}
    readers = {name: sum(name in one for one in reads.values()) for name in results}
    waiting, done, order = list(program.steps), set[str](), list[Step]()

    def added(step: Step) -> int:
        freed = sum(program.size(name) for name in reads[step.result] if readers[name] == 1)
        return (0 if step.result in program.direct else program.size(step.result)) - freed

    while waiting:
        step = min((one for one in waiting if reads[one.result] <= done), key=added)
        waiting.remove(step)
        order.append(step)
        done.add(step.result)
        for name in reads[step.result]:
            readers[name] -= 1
    return tuple(order)
