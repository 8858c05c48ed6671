"""Scenes: what is to be simulated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.fixture_data import STRICT, find_fixture, list_fixtures, load_fixture
from harness.model import Units
from harness.scenes.noise import BAD_VALUE

FOLDER = "scenes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What to simulate, as a file in `fixtures/scenes` describes it.

    Attributes
    ----------
    name, description : str
        The file's stem, and what the scene is there to show.
    detector, filter, dither : str
        Names of fixtures.
    shape : tuple of int or None
        (ny, nx) of a subarray about the centre of each chip; None for whole chips.
    field : {"isolated", "random", "blank"}
        Stars on a lattice with room around them; scattered stars; none.
    stars : int
        How many, for "random".
    brightest : float
        Flux of the brightest, electrons/s.
    psf : {"gaussian", "moffat", "airy", "image"}
        Model; "image" is the one that drizzlepac ships for the filter.
    pointing : tuple of float
        (ra, dec), degrees.
    orientat : tuple of float
        Position angle of +y for each exposure, degrees; the last one holds for the rest.
    exptime : float, tuple of float or None
        Seconds, of all exposures or of each (the last one holds for the rest); the detector's own
        where None.
    in_units : {"cps", "counts"}
        Unit of the data.
    distortion, noise, cosmic_rays : bool
        Whether there is any. Without noise the data are the expectation, sky included.
    bad_pixel_fraction : float
        Of pixels that are bad in every exposure and flagged in DQ.
    bad_pixel_value : float
        Electrons that a bad pixel adds; nan for pixels without a value, as JWST has them.
    warm_pixel_fraction : float
        Of pixels that carry `WARM` in DQ in every exposure and count all the same.
    sky : bool
        Whether there is a background.
    seed : int
        From which positions, phases and noise are drawn.
    """

    __pydantic_config__ = STRICT

    name: str
    description: str
    detector: str
    filter: str
    dither: str
    shape: tuple[int, int] | None = None
    field: Literal["isolated", "random", "blank"] = "isolated"
    stars: int = 100
    brightest: float = 500.0
    psf: Literal["gaussian", "moffat", "airy", "image"] = "gaussian"
    pointing: tuple[float, float] = (161.77, 17.27)
    orientat: tuple[float, ...] = (0.0,)
    exptime: float | tuple[float, ...] | None = None
    in_units: Units = "cps"
    distortion: bool = True
    noise: bool = False
    cosmic_rays: bool = False
    bad_pixel_fraction: float = 0.0
    bad_pixel_value: float = BAD_VALUE
    warm_pixel_fraction: float = 0.0
    sky: bool = False
    seed: int = 1


def list_scenes() -> tuple[str, ...]:
    """List the names of the scenes in `fixtures/scenes`."""
    return tuple(list_fixtures(FOLDER))


def load_scene(name: str) -> Scene:
    """Read one scene from `fixtures/scenes`.

    Parameters
    ----------
    name : str
        Stem of the file.

    Raises
    ------
    FixtureError
        If there is none of that name, or its file is wrong.
    """
    return load_fixture(find_fixture(FOLDER, name), Scene)
