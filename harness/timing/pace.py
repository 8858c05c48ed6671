"""How much a profile times: how large the frames are, and how often each call is repeated."""

from __future__ import annotations

import math
from dataclasses import dataclass

from harness.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What a profile affords.

    Attributes
    ----------
    pixfracs : tuple of float
        Drop sizes of the kernels that have one.
    sizes : tuple of int
        Pixels along the side of an input frame.
    scale_sizes : tuple of int
        The same, for the cost against frame size.
    scale_frames : tuple of int
        Numbers of frames, for the cost against their number.
    large : int
        Side of the frames for what is timed at one size alone.
    largest : int
        The same, for what is cheap enough for the largest detectors.
    seconds : float
        Time to be spent on the rounds of one benchmark.
    fewest : int
        Rounds that are timed however long they take.
    pairs : int
        Pairs of calls for a ratio of times, at least.
    """

    pixfracs: tuple[float, ...]
    sizes: tuple[int, ...]
    scale_sizes: tuple[int, ...]
    scale_frames: tuple[int, ...]
    large: int
    largest: int
    seconds: float
    fewest: int
    pairs: int


PACES: dict[str, Pace] = {
    "quick": Pace(
        pixfracs=(0.2, 1.0),
        sizes=(256,),
        scale_sizes=(128, 256, 512),
        scale_frames=(1, 4, 8),
        large=256,
        largest=512,
        seconds=0.1,
        fewest=3,
        pairs=10,
    ),
    "standard": Pace(
        pixfracs=(0.2, 0.6, 1.0),
        sizes=(256, 1014),
        scale_sizes=(128, 256, 512, 1014),
        scale_frames=(1, 4, 16),
        large=1014,
        largest=1014,
        seconds=0.5,
        fewest=3,
        pairs=10,
    ),
    "full": Pace(
        pixfracs=(0.2, 0.6, 1.0),
        sizes=(256, 1014, 2048),
        scale_sizes=(128, 256, 512, 1014, 2048, 4096),
        scale_frames=(1, 4, 16, 64),
        large=1014,
        largest=4096,
        seconds=2.0,
        fewest=5,
        pairs=30,
    ),
}
MOST = 50
"""Rounds; more say nothing that the median of so many does not."""


def find_pace(profile: str) -> Pace:
    """Return what a profile affords.

    Raises
    ------
    UsageError
        If there is no such profile.
    """
    if profile not in PACES:
        raise UsageError(f"no profile {profile!r}", where="benchmarks", allowed=", ".join(PACES))
    return PACES[profile]


def choose_rounds(seconds: float, pace: Pace, *, fewest: int | None = None) -> int:
    """Return how often a call that took so many seconds is to be timed."""
    least = pace.fewest if fewest is None else fewest
    return min(max(math.ceil(pace.seconds / max(seconds, 1e-9)), least), max(MOST, least))
