"""Axes of the grid: values, lists and inclusive ranges, as they are typed."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from harness.errors import UsageError

MOST_VALUES = 10_000
"""On one axis; more is a slip of the step."""
FORMS = '"0.5", "0.5,0.8" or "0.1:1.0:0.1" (start:stop:step, both ends included)'


def parse_axis(texts: Sequence[str], name: str) -> tuple[float, ...]:
    """Read the values of one axis.

    Ranges are counted in decimal, so that 0.1:1.0:0.1 ends at 1.0 and holds 0.3, not
    0.30000000000000004.

    Parameters
    ----------
    texts : sequence of str
        Each a value, a list with commas, or a range start:stop:step, both ends included where the
        steps meet the stop.
    name : str
        How messages call the axis.

    Returns
    -------
    tuple of float
        In the order given, each once.

    Raises
    ------
    UsageError
        If there is no value, a text is no number, or a range is empty or has no end.
    """
    values: list[float] = []
    for text in texts:
        for part in text.split(","):
            values += _parse_part(part.strip(), name)
    if not values:
        raise UsageError("has no value", where=f"--{name}", allowed=FORMS)
    return tuple(dict.fromkeys(values))


def parse_names(texts: Sequence[str], name: str) -> tuple[str, ...]:
    """Read names: lists with commas, repeated options, each once.

    Raises
    ------
    UsageError
        If there is none, or an empty one between commas.
    """
    names = [part.strip() for text in texts for part in text.split(",")]
    if not names or not all(names):
        raise UsageError(f"names {texts!r}", where=f"--{name}", allowed="names with commas between")
    return tuple(dict.fromkeys(names))


def _parse_part(part: str, name: str) -> list[float]:
    numbers = [_parse_number(text, part, name) for text in part.split(":")]
    if len(numbers) == 1:
        return [float(numbers[0])]
    if len(numbers) != 3:
        raise UsageError(f"is {part!r}", where=f"--{name}", allowed=FORMS)
    start, stop, step = numbers
    if step == 0 or (stop - start) / step < 0:
        raise UsageError(
            f"the range {part!r} is empty",
            where=f"--{name}",
            allowed=FORMS,
            remedy="Let the step lead from start to stop",
        )
    count = int((stop - start) / step) + 1
    if count > MOST_VALUES:
        raise UsageError(
            f"the range {part!r} has {count} values",
            where=f"--{name}",
            allowed=f"at most {MOST_VALUES}",
        )
    return [float(start + index * step) for index in range(count)]


def _parse_number(text: str, part: str, name: str) -> Decimal:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise UsageError(f"is {part!r}", where=f"--{name}", allowed=FORMS)
    return number
