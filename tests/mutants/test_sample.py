"""Samples: shares of functions, reproducible."""

from harness.mutants.mutation import Mutation
from harness.mutants.sample import stratify


def mutations(**counts):
    """Return so many mutations of each function."""
    return [
        Mutation(file="f.c", function=name, kind="constant", start=k, end=k + 1, line=k, column=1,
                 original="1", replacement="2", key="")
        for name, count in counts.items() for k in range(count)
    ]  # fmt: skip


def test_shares():
    """Each function gets its share, within one, and the sum is exact."""
    drawn = stratify(mutations(a=100, b=50, c=3), 31, seed=4)
    wanted = {some[0].function: count for count, some in drawn}
    assert sum(wanted.values()) == 31
    for name, size in {"a": 100, "b": 50, "c": 3}.items():
        assert abs(wanted[name] - 31 * size / 153) < 1


def test_seeds():
    """A seed gives the same sample again, another one another."""
    pool = mutations(a=100, b=50)
    assert stratify(pool, 10, seed=1) == stratify(pool, 10, seed=1)
    assert stratify(pool, 10, seed=1) != stratify(pool, 10, seed=2)


def test_all():
    """More than there are is all."""
    drawn = stratify(mutations(a=3, b=2), 99, seed=0)
    assert sorted(count for count, _ in drawn) == [2, 3]
    assert stratify([], 5, seed=0) == ()
