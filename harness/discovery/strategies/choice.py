"""Single choices, drawn from strategies that are built once: building them costs most of a draw."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

T = TypeVar("T")


def pick(draw: DrawFn, values: tuple[T, ...]) -> T:
    """Draw one of the values; the first is the simplest."""
    chosen: T = values[draw(_numbers(0, len(values) - 1))]
    return chosen


def number(draw: DrawFn, lowest: int, highest: int) -> int:
    """Draw an integer; the one nearest to zero is the simplest."""
    return int(draw(_numbers(lowest, highest)))


def once_in(draw: DrawFn, times: int) -> bool:
    """Draw what is true once in so many times."""
    return number(draw, 0, times - 1) == times - 1


def hundredths(draw: DrawFn, lowest: int, highest: int, special: tuple[float, ...]) -> float:
    """Draw a special value or a number of hundredths.

    Short decimals stay readable in the scripts that reproduce a finding.
    """
    if number(draw, 0, 1) == 0:
        return pick(draw, special)
    return number(draw, lowest, highest) / 100


@cache
def _numbers(lowest: int, highest: int) -> SearchStrategy[Any]:
    from hypothesis import strategies as st

    return st.integers(lowest, highest)
