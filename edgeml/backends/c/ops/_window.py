"""The loops of a window over the spatial axes, shared by convolutions and pools; 1-D is a height of one."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from edgeml.backends.c.place import Place
from edgeml.backends.c.site import Site
from edgeml.ir import Shape
from edgeml.ir.ops._window import Pairs


@dataclass(frozen=True)
class TapWindow:
    """A window over an image (height, width, channels), all but the last axis being two.

    Args:
        size: of the input, two axes.
        channels: of the input.
        kernel: taps, two axes.
        strides: two axes.
        padding: two axes.
        dilation: two axes.
    """

    size: tuple[int, int]
    channels: int
    kernel: tuple[int, int]
    strides: tuple[int, int]
    padding: tuple[tuple[int, int], tuple[int, int]]
    dilation: tuple[int, int]

    @property
    def is_inside(self) -> tuple[bool, bool]:
        """True per axis if every tap of every position lies inside of the input."""
        reach = [(k - 1) * d + 1 for k, d in zip(self.kernel, self.dilation, strict=True)]
        return tuple(  # pyright: ignore[reportReturnType]  # two axes
            pair == (0, 0) or (pair[0] == 0 and (size + pair[1] - r) // s * s + r <= size)
            for pair, size, r, s in zip(self.padding, self.size, reach, self.strides, strict=True)
        )

    def is_met(self, axis: int) -> bool:
        """True if at every position at least one of neighbouring taps of an axis lies inside of the input."""
        (before, after), size = self.padding[axis], self.size[axis]
        count, stride = self.kernel[axis], self.strides[axis]
        last = (size + before + after - count) // stride * stride - before
        return before < count and last < size

    def start(self, place: Place, axis: int) -> str:
        """The row or column of the first tap."""
        rank = len(place.shape) - 1
        own = axis - (2 - rank)
        variable = place.variable(own) if own >= 0 else "0"
        before, stride = self.padding[axis][0], self.strides[axis]
        text = variable if stride == 1 or variable == "0" else f"{variable} * {stride}"
        if not before:
            return text
        return f"{text} - {before}" if variable != "0" else f"-{before}"

    @contextmanager
    def taps(self, site: Site, place: Place, axis: int, variable: str, tap: str) -> Generator[str]:
        """A loop over the taps of one axis that lie inside of the input.

        Args:
            site: the function.
            place: the position.
            axis: 0 for rows, 1 for columns.
            variable: the name of the row or column.
            tap: the name of the tap's number.

        Yields:
            The row or column.
        """
        start = self.start(place, axis)
        if self.kernel[axis] == 1:
            name = start if start.isalnum() else f"({start})"
            if self.is_inside[axis]:
                yield name
                return
            with site.lines.block(f"if ({name} >= 0 && {name} < {self.size[axis]})"):
                yield name
            return
        step = f"{tap} * {self.dilation[axis]}" if self.dilation[axis] > 1 else tap
        with site.lines.loop(tap, self.kernel[axis]):
            name = variable
            text = f"{start} + {step}" if start != "0" else step
            site.lines.add(f"const int32_t {name} = {text};")
            if not self.is_inside[axis]:
                with site.lines.block(f"if ({name} < 0 || {name} >= {self.size[axis]})"):
                    site.lines.add("continue;")
            yield name


def window(shape: Shape, kernel: Shape, strides: Shape, padding: Pairs, dilation: Shape) -> TapWindow:
    """The window over an input of shape (*space, channels) with one or two spatial axes."""
    front = (1,) * (3 - len(shape))
    none = ((0, 0),) * (3 - len(shape))
    height, width = (*front, *shape[:-1])
    return TapWindow(
        (height, width),
        shape[-1],
        (*front, *kernel),  # pyright: ignore[reportArgumentType]  # two axes, as all of these
        (*front, *strides),  # pyright: ignore[reportArgumentType]
        (*none, *padding),  # pyright: ignore[reportArgumentType]
        (*front, *dilation),  # pyright: ignore[reportArgumentType]
    )
