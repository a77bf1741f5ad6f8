"""An exact search for the layout that meets a goal best, whatever the kind of design.

A design is laid out layer by layer. A `SearchSpace` says how: its states are the choices made so far, and it
bounds what any whole layout that begins so takes, never overestimating. `search` goes depth first through the
states and leaves those that cannot meet the goal or cannot be better than the best layout so far.

What is minimized: with a limit on latency or interval, the sum over LUT, FF, DSP and BRAM of their share of
the board; with `fit` alone, the latency in clocks, and among equally fast layouts that sum.

Invariant: a layout whose search was complete is the best of all that the space has.

To add a kind of design, write a `SearchSpace` in its package.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, Protocol, TypeVar

from edgeml.errors import EdgemlError

State = TypeVar("State")

Aim = Literal["area", "latency", "worst"]
"""The minimized quantity: the sum of the shares, the latency, or the share of the scarcest resource."""

MINIMIZED: Mapping[Aim, str] = {
    "area": "the sum of the shares of the board's LUT, FF, DSP and BRAM",
    "latency": "latency in clocks, then the share of the board",
    "worst": "the share of the scarcest resource",
}


@dataclass(frozen=True)
class Goal:
    """The bounds that the reuse factors have to meet.

    Args:
        max_latency: clocks from a sample in to its result out; None: any.
        ii: clocks between two samples; None: any.
        fit: it has to fit the board at the high ends of its intervals.
    """

    max_latency: int | None = None
    ii: int | None = None
    fit: bool = False

    def __bool__(self) -> bool:
        return self.fit or self.max_latency is not None or self.ii is not None

    @property
    def aim(self) -> Aim:
        """The quantity that is minimized among the layouts that meet the goal."""
        return "latency" if self.max_latency is None and self.ii is None else "area"

    def allows(self, latency: int, interval: int) -> bool:
        """True if so many clocks meet the limits."""
        slow = self.max_latency is not None and latency > self.max_latency
        return not slow and (self.ii is None or interval <= self.ii)


class ChosenLayout(Protocol):
    """The result of a search, as a preflight shows it."""

    @property
    def minimized(self) -> str:
        """The minimized quantity, in words."""
        ...

    @property
    def proven(self) -> bool:
        """True if the search was complete."""
        ...

    @property
    def certain(self) -> bool:
        """True if it fits at the high ends of its intervals, where it was to fit."""
        ...

    def text(self) -> str:
        """As a person reads it: "fc1 resource 16, fc2 latency 1"."""
        ...

    def settings(self) -> Mapping[str, Any]:
        """Options of the back end that say the same."""
        ...


class SearchSpace(ABC, Generic[State]):
    """All layouts of a design, as states from the choice of nothing to whole layouts.

    Every number of a state that is not whole is a lower bound of all whole layouts that begin so.

    Attributes:
        most_states: how many are visited at most.
        fit_states: how many states a call of `fits` on a whole layout counts for.
    """

    most_states: int
    fit_states: int = 0

    @property
    @abstractmethod
    def is_complete(self) -> bool:
        """True if the space has every layout."""

    @property
    @abstractmethod
    def root(self) -> State:
        """The state in which nothing is chosen."""

    @abstractmethod
    def children(self, state: State) -> Iterable[State]:
        """The states that choose one thing more, the most promising first."""

    @abstractmethod
    def is_whole(self, state: State) -> bool:
        """True if everything is chosen."""

    @abstractmethod
    def is_too_large(self, state: State) -> bool:
        """True if it certainly cannot fit, by a quick test."""

    @abstractmethod
    def clocks(self, state: State) -> tuple[int, int]:
        """Latency and interval in clock cycles."""

    @abstractmethod
    def is_beaten(self, state: State) -> bool:
        """True if a state visited before leads to layouts that are nowhere worse; remembers the state."""

    @abstractmethod
    def area(self, state: State) -> float:
        """The sum of the shares of the board's resources."""

    @abstractmethod
    def worst(self, state: State) -> float:
        """The share of the scarcest resource, at the high end of its interval."""

    @abstractmethod
    def fits(self, state: State) -> bool:
        """True if it surely fits; for an incomplete state, if it may fit."""


def search(space: SearchSpace[State], goal: Goal, aim: Aim) -> tuple[State | None, bool]:
    """The best whole layout of a space that meets a goal.

    Args:
        space: all layouts.
        goal: what has to be met.
        aim: what is minimized.

    Returns:
        The layout, None if there is none; and whether the search was complete.
    """
    run = _DepthFirst(space, goal, aim)
    run.visit(space.root)
    return run.best, run.states <= space.most_states and space.is_complete


class _DepthFirst(Generic[State]):
    def __init__(self, space: SearchSpace[State], goal: Goal, aim: Aim) -> None:
        self._space, self._goal, self._aim = space, goal, aim
        self._least: tuple[float, float] | None = None
        self.best: State | None = None
        self.states = 0

    def visit(self, state: State) -> None:
        """Search what begins so."""
        self.states += 1
        if self.states > self._space.most_states or self._is_hopeless(state):
            return
        if self._space.is_whole(state):
            self.best, self._least = state, self._score(state)
            return
        for child in self._space.children(state):
            self.visit(child)

    def _is_hopeless(self, state: State) -> bool:
        """True if no layout with this beginning meets the goal and is better than the best so far.

        The tests are in the order of what they cost.
        """
        space = self._space
        if self._goal.fit and space.is_too_large(state):
            return True
        clocks = space.clocks(state)
        if not self._goal.allows(*clocks):
            return True
        if self._aim == "latency" and self._least is not None and clocks[0] > self._least[0]:
            return True
        if space.is_beaten(state):
            return True
        if self._least is not None and self._score(state) >= self._least:
            return True
        if not self._goal.fit:
            return False
        self.states += space.fit_states if space.is_whole(state) else 0
        return not space.fits(state)

    def _score(self, state: State) -> tuple[float, float]:
        """Less is better."""
        area, latency = self._space.area(state), self._space.clocks(state)[0]
        if self._aim == "latency":
            return latency, area
        return (area, latency) if self._aim == "area" else (self._space.worst(state), area)


def no_layout(
    design: str,
    goal: Goal,
    least: tuple[int, int],
    fitting: str,
    hint: str = "allow more clocks, take a larger board, or make the network smaller",
) -> EdgemlError:
    """The error for a goal that no layout meets: each wish with the best value that it could have alone.

    Args:
        design: the back end's name.
        goal: what cannot be met.
        least: the least latency and the least interval, in clocks.
        fitting: the wish to fit in words, with what the smallest layout takes; used if the goal has it.
        hint: what would help.
    """
    wishes: list[str] = []
    if goal.max_latency is not None:
        wishes.append(f"a latency of {goal.max_latency} clocks (alone at least {least[0]})")
    if goal.ii is not None:
        wishes.append(f"an interval of {goal.ii} clocks (alone at least {least[1]})")
    if goal.fit:
        wishes.append(fitting)
    return EdgemlError(f"no valid reuse factors meet {' and '.join(wishes)}", design, hint)
