"""Exposures that are made when they are asked for, and kept by nobody."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import overload

from harness.model import Exposure


class ExposureSequence(Sequence[Exposure]):
    """A sequence whose exposures `open` makes, again each time; a slice is a tuple of them."""

    @abstractmethod
    def open(self, number: int) -> Exposure:
        """Make an exposure, by its number from 0."""

    @overload
    def __getitem__(self, index: int) -> Exposure: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Exposure, ...]: ...
    def __getitem__(self, index: int | slice) -> Exposure | tuple[Exposure, ...]:
        numbers = range(len(self))[index]
        return self.open(numbers) if isinstance(numbers, int) else tuple(map(self.open, numbers))

    def __iter__(self) -> Iterator[Exposure]:
        # `map` holds no exposure while the next one is opened.
        return map(self.open, range(len(self)))
