"""The last result of a function, and no other, kept for who asks again."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)


class Remembered(Protocol[P, R_co]):
    """A function whose last result is kept."""

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Return the result, made or kept."""

    def cache_clear(self) -> None:
        """Forget it."""

    def make_room(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Forget it, unless it is that of these arguments."""


def keep_latest(function: Callable[P, R_co]) -> Remembered[P, R_co]:
    """Keep the last result of a function of hashable arguments.

    Unlike `functools.lru_cache(maxsize=1)`, which holds the old result while the new one is made:
    images of a whole detector are not to be in memory twice.
    """
    kept: dict[Any, Any] = {}

    def make_room(*args: P.args, **kwargs: P.kwargs) -> Any:
        key = (args, tuple(sorted(kwargs.items())))
        if key not in kept:
            kept.clear()
        return key

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R_co:
        key = make_room(*args, **kwargs)
        if key not in kept:
            kept[key] = function(*args, **kwargs)
        result: R_co = kept[key]
        return result

    call.make_room = make_room  # type: ignore[attr-defined]
    call.cache_clear = kept.clear  # type: ignore[attr-defined]
    return call  # type: ignore[return-value]
