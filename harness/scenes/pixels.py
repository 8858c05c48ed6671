"""The pixels of one exposure: stars, sky and dark, noise, cosmic rays, bad and warm pixels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.rows import SMALL_BLOCK, row_blocks
from harness.scenes.detector import Chip, Detector
from harness.scenes.noise import add_noise, choose_bad_pixels, strike_cosmic_rays
from harness.scenes.optics import PixelFrame, find_pixels, pixel_areas
from harness.scenes.psf import PointSpread
from harness.scenes.render import render_stars
from harness.scenes.scene import Scene
from harness.scenes.seeds import make_generator
from harness.scenes.stars import StarTruth

WARM = 64
"""DQ bit of a warm pixel in HST's detectors: told, and good enough to count."""
SQUARE_CENTIMETRES_PER_SQUARE_MICROMETRE = 1e-8


Pixels = Mapping[str, npt.NDArray[Any]]
"""The arrays of one exposure: data, weight_map, dq and variance."""


def expose_pixels(
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
    """Return the arrays of one exposure of a chip."""
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
