"""A scene exposed: the truth, and one exposure after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from harness.geometry import native_scale
from harness.model import Exposure
from harness.scenes.detector import Chip, Detector, band_of, load_detector
from harness.scenes.dither import compute_offsets, load_dither
from harness.scenes.field import Array, frame_of, make_truth
from harness.scenes.optics import make_wcs
from harness.scenes.pixels import WARM, Pixels, expose_pixels
from harness.scenes.psf import PointSpread, make_psf
from harness.scenes.psf_image import drizzlepac_psf_path, read_psf_image
from harness.scenes.scene import Scene
from harness.scenes.stars import StarTruth


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
    truth = make_truth(scene, detector, psf, band.sky if scene.sky else 0.0)
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
    frame = frame_of(scene, chip)
    orientat = scene.orientat[min(number, len(scene.orientat) - 1)]
    exptime = _exptime_of(scene, detector, number)
    wcs = make_wcs(frame, pointing=scene.pointing, orientat=orientat, postarg=postarg)
    made = pixels(
        f"{name}[{chip.extver}]",
        lambda: expose_pixels(scene, detector, chip, truth, psf, name, frame, wcs, exptime),
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
