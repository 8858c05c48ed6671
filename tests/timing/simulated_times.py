"""Blocks of times from known distributions, in place of processes."""

from collections.abc import Callable, Sequence

import numpy as np

from harness.timing.block import BlockTimes

PAIRS = 12
Noise = Callable[[np.random.Generator, int], np.ndarray]
"""Given a generator and the number of the block, factors (2 * PAIRS,) in the order of the calls."""


def still(generator: np.random.Generator, block: int) -> np.ndarray:
    """Give a machine of its own: 1 % of normal noise."""
    return generator.lognormal(0.0, 0.01, 2 * PAIRS)


def heavy_tails(generator: np.random.Generator, block: int) -> np.ndarray:
    """Give noise without a variance: Student's t with 2 degrees of freedom."""
    return np.exp(0.02 * np.clip(generator.standard_t(2, 2 * PAIRS), -100, 100))


def drift(generator: np.random.Generator, block: int) -> np.ndarray:
    """Get slower by a fifth within each block, and by a half over some blocks."""
    ramp = np.linspace(1.0, 1.2, 2 * PAIRS) * (1 + block / 10)
    return ramp * generator.lognormal(0.0, 0.01, 2 * PAIRS)


def bursts(generator: np.random.Generator, block: int) -> np.ndarray:
    """Hit every third block or so with load that triples the time of runs of calls."""
    factors = generator.lognormal(0.0, 0.01, 2 * PAIRS)
    if generator.random() < 0.3:
        for _ in range(generator.integers(1, 6)):
            start = generator.integers(2 * PAIRS)
            factors[start : start + generator.integers(1, 12)] *= generator.uniform(1.2, 3.0)
    return factors


def second_is_faster(generator: np.random.Generator, block: int) -> np.ndarray:
    """Let the second call of a pair find warm caches."""
    return np.tile([1.1, 1.0], PAIRS) * generator.lognormal(0.0, 0.01, 2 * PAIRS)


MACHINES: dict[str, Noise] = {
    "still": still,
    "heavy tails": heavy_tails,
    "drift": drift,
    "bursts": bursts,
    "second is faster": second_is_faster,
}


class SimulatedSampler:
    """Gives blocks as `harness.timing.block.Sampler` does.

    Parameters
    ----------
    seed : int
    noise : Noise
    ratios : dict of str to float
        True ratio of each workload.
    luck : float
        Standard deviation of what each process has of its own.
    """

    def __init__(self, seed: int, noise: Noise, ratios: dict[str, float], luck: float) -> None:
        self.generator = np.random.default_rng(seed)
        self.noise = noise
        self.ratios = ratios
        self.luck = luck
        self.asked: list[tuple[str, ...]] = []

    def __call__(self, names: Sequence[str]) -> dict[str, BlockTimes | str]:
        """Take a block of each workload."""
        self.asked.append(tuple(names))
        return {name: self._take(name) for name in names}

    def _take(self, name: str) -> BlockTimes:
        luck = self.generator.lognormal(0.0, self.luck, 2)
        factors = self.noise(self.generator, len(self.asked)).reshape(PAIRS, 2)
        # As in a real block: either order comes equally often.
        leading = self.generator.permutation(np.repeat([0, 1], PAIRS // 2))
        swapped = np.where(leading[:, None] == 0, factors, factors[:, ::-1])
        wall = swapped * luck * np.array([1.0, self.ratios[name]])
        nothing = np.zeros_like(wall)
        return BlockTimes(wall=wall, processor=wall, waited=nothing, resident=nothing)
