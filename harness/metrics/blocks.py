"""Statistics of images too large to be copied, block by block."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[Any]
Blocks = Callable[[], Iterable[Values]]
"""Gives the same arrays of float32 or float64, of any shape, whenever it is called."""

SAMPLE = 1 << 16
"""Values from which it is guessed between which two a rank lies."""
WIDE = 4.0
"""Standard errors of the sample's quantile to either side of that guess: it misses one rank in ten
thousand, which is then searched digit by digit."""
DIGIT = 16
"""Bits that one pass tells apart."""
FEW = 1 << 20
"""Values that may be collected and sorted."""


def find_median(blocks: Blocks, size: int, *, below: int = 0) -> float | None:
    """Return the median of values, going through them a few times and copying next to none.

    Parameters
    ----------
    blocks : callable
        Without NaN.
    size : int
        How many values there are, but for those `below`.
    below : int, optional
        How many of the smallest values do not count.

    Returns
    -------
    float or None
        What `numpy.median` returns, the same bits; None where there is no value.
    """
    return find_medians(blocks, [(below, size)])[0]


def find_medians(blocks: Blocks, parts: Sequence[tuple[int, int]]) -> list[float | None]:
    """Return the medians of some parts of the values in their order, as `find_median` does.

    Parameters
    ----------
    blocks : callable
    parts : sequence of tuple of int
        (how many values lie below the part, how many are in it).
    """
    middles = [(below + (size - 1) // 2, below + size // 2) for below, size in parts]
    wanted = [m for m, (_, size) in zip(middles, parts, strict=True) if size]
    total = max(below + size for below, size in parts)
    found = _find_ranks(blocks, {rank for middle in wanted for rank in middle}, total)
    return [
        float(np.mean(np.array([found[low], found[high]]))) if size else None
        for (low, high), (_, size) in zip(middles, parts, strict=True)
    ]


def standard_deviation(
    blocks: Blocks, size: int, *, mean: float | None = None
) -> tuple[float, float]:
    """Return mean and population standard deviation of `size` values, in float64."""
    if mean is None:
        mean = math.fsum(float(values.sum(dtype=np.float64)) for values in blocks()) / size
    squares = 0.0
    for values in blocks():
        residual = values.astype(np.float64)
        residual -= mean
        # Not the product with itself, which BLAS would spread over all processors.
        residual *= residual
        squares += float(residual.sum())
    return mean, math.sqrt(squares / size)


@dataclass(slots=True, eq=False)
class _Bracket:
    """Two values, the ranks that may lie between them, and what was found there."""

    low: Any
    high: Any
    ranks: set[int]
    below: int = 0
    inside: int = 0
    kept: list[Values] = field(default_factory=list)


def _find_ranks(blocks: Blocks, ranks: set[int], size: int) -> dict[int, Any]:
    """Return the values of some ranks, from 0, of `size` values.

    A sample tells between which two values a rank most probably lies; one pass counts the values
    below and collects the few between (Floyd & Rivest 1975, Communications of the ACM 18, 165).
    Ranks that are missed, or have too many equals about them, are searched digit by digit.
    """
    found: dict[int, Any] = {}
    for bracket in _collect(blocks, _guess(blocks, ranks, size)):
        least = bracket.low == bracket.high
        if not least and bracket.inside > FEW:
            continue
        ordered = None if least or not bracket.kept else np.sort(np.concatenate(bracket.kept))
        for rank in bracket.ranks:
            at = rank - bracket.below
            if 0 <= at < bracket.inside:
                found[rank] = bracket.low if ordered is None else ordered[at]
    return found | _search_digits(blocks, ranks - found.keys())


def _guess(blocks: Blocks, ranks: set[int], size: int) -> list[_Bracket]:
    """Return brackets that hold all ranks and do not overlap."""
    # Odd, so that it falls in step with few patterns of an image.
    stride = (size // SAMPLE) | 1
    picked, start = [], 0
    for values in blocks():
        # A copy, for a part that is not one would keep the whole.
        picked.append(np.array(values.flat[start::stride]))
        start = (start - values.size) % stride
    brackets: list[_Bracket] = []
    if not ranks or not picked:
        return brackets
    sample = np.sort(np.concatenate(picked))
    if not sample.size:
        return brackets
    for rank in sorted(ranks):
        share = (rank + 0.5) / size
        reach = 1 + WIDE * math.sqrt(sample.size * share * (1 - share))
        first, last = (math.floor(sample.size * share + step) for step in (-reach, reach))
        low = sample[first] if first >= 0 else sample.dtype.type(-math.inf)
        high = sample[last] if last < sample.size else sample.dtype.type(math.inf)
        if brackets and low <= brackets[-1].high:
            brackets[-1].high = max(brackets[-1].high, high)
            brackets[-1].ranks.add(rank)
        else:
            brackets.append(_Bracket(low, high, {rank}))
    return brackets


def _collect(blocks: Blocks, brackets: list[_Bracket]) -> list[_Bracket]:
    """Count what lies below and within brackets, and collect what is within, if it is not much."""
    if not brackets:
        return brackets
    for values in blocks():
        for bracket in brackets:
            bracket.below += int(np.count_nonzero(values < bracket.low))
            within = values <= bracket.high
            within &= values >= bracket.low
            bracket.inside += int(np.count_nonzero(within))
            if bracket.low == bracket.high:
                continue
            if bracket.inside <= FEW:
                bracket.kept.append(values[within])
            else:
                bracket.kept.clear()
    return brackets


def _search_digits(blocks: Blocks, ranks: set[int]) -> dict[int, Any]:
    """Return the values of some ranks, from 0, whatever the values are.

    The order of floats is that of their bits, once the sign is turned: a histogram of the upper
    bits says in which bin a rank is, and one of the next bits of that bin alone goes on, until the
    values left are few (radix selection; Knuth, The Art of Computer Programming 3, 5.2.5).
    """
    if not ranks:
        return {}
    kind = next(iter(blocks())).dtype
    width = 8 * kind.itemsize
    # By the bits known so far: how many values lie below, how many there are, and which ranks.
    bins: dict[int, tuple[int, int, set[int]]] = {0: (0, FEW + 1, ranks)}
    known = 0
    while known < width and any(count > FEW for _, count, _ in bins.values()):
        counts = _count_digits(blocks, bins, known, width)
        known += DIGIT
        finer: dict[int, tuple[int, int, set[int]]] = {}
        for prefix, (below, _, inside) in bins.items():
            ends = below + np.cumsum(counts[prefix])
            for rank in inside:
                digit = int(np.searchsorted(ends, rank, side="right"))
                held = int(counts[prefix][digit])
                found = (int(ends[digit]) - held, held, set[int]())
                finer.setdefault((prefix << DIGIT) | digit, found)[2].add(rank)
        bins = finer
    if known == width:
        return {r: _value(prefix, kind) for prefix, (_, _, some) in bins.items() for r in some}
    kept: dict[int, list[Values]] = {prefix: [] for prefix in bins}
    for block in blocks():
        keys = _keys(block)
        for prefix, parts in kept.items():
            parts.append(_within(keys, prefix, known, width))
    values: dict[int, Any] = {}
    for prefix, (below, _, inside) in bins.items():
        keys = np.sort(np.concatenate(kept[prefix]))
        values |= {rank: _value(keys[rank - below], kind) for rank in inside}
    return values


def _count_digits(
    blocks: Blocks, prefixes: Iterable[int], known: int, width: int
) -> dict[int, npt.NDArray[np.int64]]:
    """Count the next bits of the values that begin with each prefix."""
    counts = {prefix: np.zeros(1 << DIGIT, dtype=np.int64) for prefix in prefixes}
    for block in blocks():
        keys = _keys(block)
        shift, ones = keys.dtype.type(width - known - DIGIT), keys.dtype.type((1 << DIGIT) - 1)
        for prefix, count in counts.items():
            digits = (_within(keys, prefix, known, width) >> shift) & ones
            count += np.bincount(digits.astype(np.intp), minlength=count.size)
    return counts


def _keys(block: Values) -> Values:
    """Return unsigned integers, (n,), in the order of the values; both zeros are one."""
    unsigned = np.dtype(f"u{block.dtype.itemsize}")
    # Adding zero turns -0.0 into 0.0, and makes the copy that is changed below.
    bits = (block.ravel() + block.dtype.type(0)).view(unsigned)
    sign = unsigned.type(1 << (8 * block.dtype.itemsize - 1))
    negative = bits >= sign
    np.invert(bits, out=bits, where=negative)
    np.bitwise_xor(bits, sign, out=bits, where=~negative)
    return np.asarray(bits)


def _within(keys: Values, prefix: int, known: int, width: int) -> Values:
    """Select the keys that begin with the bits known so far."""
    if not known:
        return keys
    return np.asarray(keys[(keys >> keys.dtype.type(width - known)) == prefix])


def _value(key: Any, kind: np.dtype[Any]) -> Any:
    unsigned = np.dtype(f"u{kind.itemsize}")
    sign = unsigned.type(1 << (8 * kind.itemsize - 1))
    bits = np.asarray(key, dtype=unsigned)
    return (bits ^ sign if bits >= sign else ~bits).view(kind)[()]
