"""Profiles: the lists of cases that a gate run covers, kept as data."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from harness.fixture_data import STRICT, find_fixture, load_fixture
from harness.model import Kernel, Weighting
from harness.trials.case import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A product of axes.

    Attributes
    ----------
    purpose : str
        What the block is there to see.
    sources : tuple of str
        "scene/NAME" or "frames/NAME".
    kernels, pixfracs, scales, weightings :
        The axes; every combination is a case.
    subset : int
        How many exposures, from the first; 0 for all.
    pipelines : bool
        Whether cores that read files run it too; they cost seconds a case.
    again : bool
        Whether cores run twice more, see `Case`.
    """

    __pydantic_config__ = STRICT
    purpose: str
    sources: tuple[str, ...]
    kernels: tuple[Kernel, ...] = ("square",)
    pixfracs: tuple[float, ...] = (1.0,)
    scales: tuple[float, ...] = (0.5,)
    weightings: tuple[Weighting, ...] = ("EXP",)
    subset: int = 0
    pipelines: bool = False
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Blocks of cases, with the time that they should take.

    Attributes
    ----------
    description : str
        For whom and how long.
    extends : str
        Name of a profile whose blocks come first, "" for none.
    block : tuple of Block
        Its own blocks.
    """

    __pydantic_config__ = STRICT
    description: str
    extends: str = ""
    block: tuple[Block, ...]


def load_profile(name: str) -> Profile:
    """Read a profile from `fixtures/profiles`, with the blocks of those that it extends.

    Parameters
    ----------
    name : str
        "quick", "standard" or "full".

    Raises
    ------
    FixtureError
        If there is no such profile or its file is wrong.
    """
    profile = load_fixture(find_fixture("profiles", name), Profile)
    if not profile.extends:
        return profile
    base = load_profile(profile.extends)
    return Profile(description=profile.description, block=base.block + profile.block)


def list_cases(profile: Profile, *, reads_files: bool = False) -> tuple[Case, ...]:
    """Write out the cases of a profile, each once, grouped by their exposures.

    Parameters
    ----------
    profile : Profile
        What to cover.
    reads_files : bool, optional
        List only the cases for cores that read files.
    """
    cases: dict[str, Case] = {}
    for block in profile.block:
        if reads_files and not block.pipelines:
            continue
        axes = (block.sources, block.scales, block.kernels, block.weightings, block.pixfracs)
        for source, scale, kernel, weighting, pixfrac in itertools.product(*axes):
            case = Case(
                source=source,
                kernel=kernel,
                pixfrac=pixfrac,
                scale=scale,
                weighting=weighting,
                subset=block.subset,
                again=block.again,
            )
            cases[case.id] = case
    return tuple(sorted(cases.values(), key=lambda case: case.group))
