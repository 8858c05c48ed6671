"""Scenes: what is asked for, and the exposures and truth that come of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from harness.errors import SceneError
from harness.fixture_data import STRICT, find_fixture, list_fixtures, load_fixture
from harness.geometry import native_scale
from harness.model import Exposure, Units
from harness.rows import SMALL_BLOCK, row_blocks
from harness.scenes.detector import Chip, Detector, band_of, load_detector
from harness.scenes.dither import compute_offsets, load_dither
from harness.scenes.noise import BAD_VALUE, add_noise, choose_bad_pixels, strike_cosmic_rays
from harness.scenes.optics import PixelFrame, find_pixels, make_wcs, pixel_areas
from harness.scenes.psf import PointSpread, drizzlepac_psf_path, make_psf, read_psf_image
from harness.scenes.render import render_stars
from harness.scenes.seeds import make_generator
from harness.scenes.stars import (
    StarTruth,
    find_isolated,
    lay_isolated_grid,
    place_on_sky,
    scatter_field,
)

FOLDER = "scenes"
Array = npt.NDArray[np.float64]
WARM = 64
"""DQ bit of a warm pixel in HST's detectors: told, and good enough to count."""
SQUARE_CENTIMETRES_PER_SQUARE_MICROMETRE = 1e-8


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


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SceneExposures:
    """A scene, exposed.

    Attributes
    ----------
    scene : Scene
    exposures : tuple of Exposure
        In order of exposure, then chip; weight maps are exptime where DQ is zero or `WARM`.
    truth : StarTruth
    """

    scene: Scene
    exposures: tuple[Exposure, ...]
    truth: StarTruth


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


def make_scene(scene: Scene) -> SceneExposures:
    """Expose a scene.

    Data follow HST's convention: a pixel holds the mean surface brightness over its true outline
    times the detector's nominal pixel area, so that a uniform sky is uniform however the pixel
    areas vary, and the flux of a star is the sum of surface brightness times true area.

    Parameters
    ----------
    scene : Scene
        What is asked for.

    Returns
    -------
    SceneExposures
        The same bits for the same scene, in every process.

    Raises
    ------
    SceneError, FixtureError
        If the scene names what does not exist, or its frame is larger than the chip.
    """
    truth, exposures = expose_scene(scene)
    return SceneExposures(scene=scene, exposures=tuple(exposures), truth=truth)


Pixels = Mapping[str, npt.NDArray[Any]]
"""The arrays of one exposure: data, weight_map, dq and variance."""


def _make(_: str, make: Callable[[], Pixels]) -> Pixels:
    return make()


def expose_scene(
    scene: Scene,
    *,
    frames: int = 0,
    pixels: Callable[[str, Callable[[], Pixels]], Pixels] = _make,
) -> tuple[StarTruth, Iterator[Exposure]]:
    """Expose a scene as `make_scene` does, one chip after the other as they are asked for.

    Parameters
    ----------
    scene : Scene
    frames : int, optional
        How many exposures of the dither, from the first; 0 for all.
    pixels : callable, optional
        Takes the name of an exposure and chip, such as "irbox01[1]", and a function that makes its
        pixels; returns them, or what it has kept of an earlier call.

    Returns
    -------
    tuple of StarTruth and iterator of Exposure
        In order of exposure, then chip.

    Raises
    ------
    SceneError, FixtureError
        See `make_scene`.
    """
    detector = load_detector(scene.detector)
    band = band_of(detector, scene.filter)
    psf = _psf_of(scene, detector, band.fwhm)
    truth = _make_truth(scene, detector, psf, band.sky if scene.sky else 0.0)
    offsets = compute_offsets(load_dither(scene.dither), detector, seed=scene.seed)
    exposures = (
        _expose(scene, detector, chip, truth, psf, number, postarg, pixels)
        for number, postarg in enumerate(offsets[: frames or None])
        for chip in detector.chips
    )
    return truth, exposures


def _psf_of(scene: Scene, detector: Detector, fwhm: float) -> PointSpread:
    if scene.psf != "image":
        return make_psf(scene.psf, fwhm)
    path = drizzlepac_psf_path(detector.instrument, detector.detector, scene.filter)
    image, scale = read_psf_image(path)
    return make_psf("image", fwhm, image=image, image_scale=scale)


def _make_truth(scene: Scene, detector: Detector, psf: PointSpread, sky: float) -> StarTruth:
    generator = make_generator(scene.seed, "stars", scene.name)
    extent = _field_extent(scene, detector)
    if scene.field == "isolated":
        offsets, flux = lay_isolated_grid(extent, psf.fwhm, scene.brightest, generator)
    elif scene.field == "random":
        offsets, flux = scatter_field(extent, scene.stars, scene.brightest, generator)
    else:
        offsets, flux = np.zeros((0, 2)), np.zeros(0)
    offsets = offsets + np.array(_field_centre(detector))
    ra, dec = place_on_sky(offsets, scene.pointing, scene.orientat[0])
    return StarTruth(
        ra=ra,
        dec=dec,
        flux=flux,
        isolated=find_isolated(offsets, psf.fwhm),
        fwhm=psf.fwhm,
        sky=sky,
    )


def _frame_of(scene: Scene, chip: Chip) -> PixelFrame:
    shape = chip.shape if scene.shape is None else scene.shape
    if shape[0] > chip.shape[0] or shape[1] > chip.shape[1] or min(shape) < 1:
        raise SceneError(
            f"shape is {shape}",
            where=f"scene {scene.name}",
            allowed=f"up to {chip.shape} for chip {chip.ccdchip} of {scene.detector}",
        )
    # A subarray is read about the reference pixel, where the telescope's pointing falls.
    corner = tuple(
        min(max(round(centre - 1 - size / 2), 0), whole - size)
        for centre, size, whole in zip(chip.crpix[::-1], shape, chip.shape, strict=True)
    )
    return PixelFrame(
        chip=chip, corner=(corner[0], corner[1]), shape=shape, distorted=scene.distortion
    )


def _corners_of(scene: Scene, chip: Chip) -> Array:
    frame = _frame_of(scene, chip)
    y0, x0 = frame.corner
    edges = [(x, y) for x in (x0, x0 + frame.shape[1]) for y in (y0, y0 + frame.shape[0])]
    relative = np.array(edges, dtype=np.float64) + 0.5 - np.array(chip.crpix)
    return np.asarray(relative @ np.array(chip.matrix).T + np.array(chip.offset))


def _field_extent(scene: Scene, detector: Detector) -> tuple[float, float]:
    corners = np.concatenate([_corners_of(scene, chip) for chip in detector.chips])
    width, height = corners.max(axis=0) - corners.min(axis=0)
    return float(width), float(height)


def _field_centre(detector: Detector) -> tuple[float, float]:
    middle = np.mean([chip.offset for chip in detector.chips], axis=0)
    return float(middle[0]), float(middle[1])


def _exptime_of(scene: Scene, detector: Detector, number: int) -> float:
    if scene.exptime is None:
        return detector.exptime
    if isinstance(scene.exptime, tuple):
        return scene.exptime[min(number, len(scene.exptime) - 1)]
    return scene.exptime


def _expose(
    scene: Scene,
    detector: Detector,
    chip: Chip,
    truth: StarTruth,
    psf: PointSpread,
    number: int,
    postarg: Array,
    pixels: Callable[[str, Callable[[], Pixels]], Pixels],
) -> Exposure:
    name = f"{scene.name.replace('-', '')}{number + 1:02d}"
    frame = _frame_of(scene, chip)
    orientat = scene.orientat[min(number, len(scene.orientat) - 1)]
    exptime = _exptime_of(scene, detector, number)
    wcs = make_wcs(frame, pointing=scene.pointing, orientat=orientat, postarg=postarg)
    made = pixels(
        f"{name}[{chip.extver}]",
        lambda: _expose_pixels(scene, detector, chip, truth, psf, name, frame, wcs, exptime),
    )
    return Exposure(
        name=name,
        chip=chip.extver,
        data=made["data"],
        weight_map=made["weight_map"],
        exptime=exptime,
        in_units=scene.in_units,
        dq=made["dq"],
        variance=(made["variance"],),
        wcs=wcs,
        pixel_scale=native_scale(wcs),
        read_noise=detector.read_noise,
        sky=truth.sky,
        # The data are in electrons already, as calibrated files are.
        gain=1.0,
        dark=detector.dark,
        origin={
            "scene": scene.name,
            "detector": scene.detector,
            "filter": scene.filter,
            "bits": str(WARM),
        },
    )


def _expose_pixels(
    scene: Scene,
    detector: Detector,
    chip: Chip,
    truth: StarTruth,
    psf: PointSpread,
    name: str,
    frame: PixelFrame,
    wcs: Any,
    exptime: float,
) -> Pixels:
    x, y = find_pixels(frame, wcs, truth.ra, truth.dec)
    # Light first; every step after it overwrites the one before, in rows that the cache holds.
    electrons = render_stars(frame, x, y, truth.flux, psf)
    dark = detector.dark * exptime
    time = exptime if scene.in_units == "cps" else 1.0
    variance = np.empty(frame.shape, dtype=np.float32)
    for rows in row_blocks(frame.shape, SMALL_BLOCK):
        some = electrons[rows]
        # Relative area is what the flat field divides out.
        some /= pixel_areas(frame, rows) / detector.pixel_scale**2
        some += truth.sky
        some *= exptime
        # Files carry the standard error, so the variance is the square of a float32.
        error = (np.sqrt(some + dark + detector.read_noise**2) / time).astype(np.float32)
        variance[rows] = np.square(error, dtype=np.float64)
    dq = np.zeros(frame.shape, dtype=np.uint32)
    if scene.noise:
        generator = make_generator(scene.seed, "noise", name, str(chip.extver))
        electrons += dark
        electrons = add_noise(electrons, detector.read_noise, generator)
        electrons -= dark
    if scene.cosmic_rays:
        generator = make_generator(scene.seed, "cosmic rays", name, str(chip.extver))
        pixel = detector.pixel_size**2 * SQUARE_CENTIMETRES_PER_SQUARE_MICROMETRE
        expected = detector.cosmic_ray_rate * exptime * pixel * electrons.size
        charge = strike_cosmic_rays(frame.shape, expected, generator)
        electrons += charge
        dq[charge > 0] |= np.uint32(detector.cosmic_ray_bit)
    if scene.bad_pixel_fraction > 0:
        generator = make_generator(scene.seed, "bad pixels", scene.detector, str(chip.extver))
        bad = choose_bad_pixels(frame.shape, scene.bad_pixel_fraction, generator)
        electrons[bad] += scene.bad_pixel_value
        dq[bad] |= np.uint32(detector.bad_bit)
    if scene.warm_pixel_fraction > 0:
        generator = make_generator(scene.seed, "warm pixels", scene.detector, str(chip.extver))
        dq[choose_bad_pixels(frame.shape, scene.warm_pixel_fraction, generator)] |= np.uint32(WARM)
    data, weight_map = np.empty_like(variance), np.zeros_like(variance)
    for rows in row_blocks(frame.shape, SMALL_BLOCK):
        data[rows] = electrons[rows] / time
        weight_map[rows][dq[rows] & ~np.uint32(WARM) == 0] = exptime
    return {"data": data, "weight_map": weight_map, "dq": dq, "variance": variance}
