"""The field of a scene: the pixels that are read of each chip, and the stars that they see."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from harness.errors import SceneError
from harness.scenes.detector import Chip, Detector
from harness.scenes.optics import PixelFrame
from harness.scenes.psf import PointSpread
from harness.scenes.scene import Scene
from harness.scenes.seeds import make_generator
from harness.scenes.stars import (
    StarTruth,
    find_isolated,
    lay_isolated_grid,
    place_on_sky,
    scatter_field,
)

Array = npt.NDArray[np.float64]


def make_truth(scene: Scene, detector: Detector, psf: PointSpread, sky: float) -> StarTruth:
    """Return the stars of a scene, drawn from its seed.

    Raises
    ------
    SceneError
        If the shape does not fit the chip, or not one star has room.
    """
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


def frame_of(scene: Scene, chip: Chip) -> PixelFrame:
    """Return the pixels of a chip that a scene reads: a subarray lies about the reference pixel.

    Parameters
    ----------
    scene : Scene
        Its `shape` counts.
    chip : Chip
        Of its detector.

    Raises
    ------
    SceneError
        If the shape is larger than the chip, or empty.
    """
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
    frame = frame_of(scene, chip)
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
