"""Which mutations are tried: a random sample, each function with its share."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence

from harness.mutants.mutation import Mutation

Stratum = tuple[str, str]
"""File and function."""


def stratify(
    mutations: Sequence[Mutation], count: int, seed: int
) -> tuple[tuple[int, tuple[Mutation, ...]], ...]:
    """Divide a sample among the functions, by how many mutations each has.

    Parameters
    ----------
    mutations : sequence of Mutation
    count : int
        Size of the sample; all mutations where it is not smaller.
    seed : int

    Returns
    -------
    tuple of (int, tuple of Mutation)
        For every function how many are wanted, and all its mutations in random order: those that
        turn out to change nothing are replaced by the next ones.
    """
    strata: dict[Stratum, list[Mutation]] = defaultdict(list)
    for one in mutations:
        strata[one.file, one.function].append(one)
    generator = random.Random(seed)  # noqa: S311 - a sample, no secret
    total = len(mutations)
    count = min(count, total)
    # Largest remainders, ties by chance: the sum is exact, and every mutation is as likely.
    shares = {key: len(some) * count / total for key, some in strata.items()} if total else {}
    wanted = {key: int(share) for key, share in shares.items()}
    order = list(strata)
    generator.shuffle(order)
    order.sort(key=lambda key: wanted[key] - shares[key])
    for key in order[: count - sum(wanted.values())]:
        wanted[key] += 1
    drawn = []
    for key, some in strata.items():
        generator.shuffle(some)
        drawn.append((wanted[key], tuple(some)))
    return tuple(drawn)
