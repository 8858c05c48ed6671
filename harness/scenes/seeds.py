"""Random generators that depend on what they are for, not on what ran before."""

from __future__ import annotations

import hashlib

import numpy as np


def make_generator(seed: int, *purpose: str) -> np.random.Generator:
    """Return the generator of one purpose.

    The stream depends on the seed and on the purpose alone, so that an exposure gets the same
    bits in any process, and however many other exposures a scene has.

    Parameters
    ----------
    seed : int
        Seed of the scene.
    *purpose : str
        What the numbers are for, such as an exposure's name and "noise".

    Returns
    -------
    numpy.random.Generator
        PCG64.
    """
    text = "\x1f".join([str(seed), *purpose])
    words = np.frombuffer(hashlib.sha256(text.encode()).digest(), dtype="<u4")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words.tolist())))
