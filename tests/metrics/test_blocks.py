import itertools

import numpy as np
import pytest

from harness.metrics import blocks
from harness.metrics.blocks import find_median, find_medians


def in_blocks(values, count=5):
    """Give values in unequal parts, one of them empty."""
    cuts = sorted({0, len(values), *np.random.default_rng(1).integers(0, len(values) + 1, count)})
    parts = [values[a:b] for a, b in itertools.pairwise(cuts)]
    return lambda: iter([values[:0], *parts])


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1, 2, 3, 10, 501, 502])
@pytest.mark.parametrize("few", [0, 3, 1 << 20])
@pytest.mark.parametrize("sample", [4, 40, 1 << 16])
def test_it_is_the_median(kind, size, few, sample, monkeypatch) -> None:
    """The same bits as numpy's, of either sign and many sizes, equal values, infinities, zeros."""
    monkeypatch.setattr(blocks, "FEW", few)
    monkeypatch.setattr(blocks, "SAMPLE", sample)
    rng = np.random.default_rng(size)
    drawn = rng.normal(size=size) * 10.0 ** rng.integers(-300, 300, size)
    with np.errstate(over="ignore", under="ignore"):
        kinds = [
            drawn.astype(kind),
            rng.normal(size=size).astype(kind),
            rng.integers(-2, 3, size).astype(kind) * kind(-0.1),
            np.full(size, -3.25, kind),
            np.full(size, 1e-40, kind),
        ]
    for values in kinds:
        with np.errstate(over="ignore", invalid="ignore"):
            expected = np.median(values)
            assert find_median(in_blocks(values), size) == float(expected)
            upper = np.sort(values)[size // 3 :]
            expected = [float(np.median(upper)), float(np.median(values)), None]
            parts = [(size // 3, upper.size), (0, size), (1, 0)]
            assert find_medians(in_blocks(values), parts) == expected


def test_a_sample_that_misleads_costs_time_alone(monkeypatch) -> None:
    """Where every value of the sample is an outlier, the digits still find the median."""
    monkeypatch.setattr(blocks, "SAMPLE", 100)
    values = np.random.default_rng(3).normal(size=1000).astype(np.float32)
    values[:: 1000 // 100 | 1] = 1e9
    searched = []
    search = blocks._search_digits
    monkeypatch.setattr(
        blocks,
        "_search_digits",
        lambda given, ranks: searched.append(ranks) or search(given, ranks),
    )
    assert find_median(lambda: [values], values.size) == float(np.median(values))
    assert searched == [{499, 500}]


def test_nothing_has_no_median() -> None:
    """Without a value there is none."""
    assert find_median(lambda: [np.zeros(0, np.float32)], 0) is None
    assert find_median(list, 0) is None


def test_values_are_left_alone() -> None:
    """The blocks that are given are not changed."""
    values = np.random.default_rng(2).normal(size=300).astype(np.float32)
    before = values.copy()
    find_median(lambda: [values], values.size)
    assert values.tobytes() == before.tobytes()
