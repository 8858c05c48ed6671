"""Workloads: what a core is timed on, and the exposures for it."""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.geometry import make_grid, native_scale, project
from harness.model import DrizzleParams, Exposure, Kernel, OutputGrid

DETECTOR = "wfc3-ir"
DITHER = "ir-dither-box-min"
POINTING = (161.77, 17.27)
SKY = 1.0
NOISE = 0.1
READ_VARIANCE = 0.01
SCALE = 0.5
DROP_KERNELS: tuple[Kernel, ...] = ("square", "turbo", "gaussian")
"""Kernels whose drop has the size of pixfrac."""
FIXED_KERNELS: tuple[Kernel, ...] = ("point", "lanczos2", "lanczos3")
"""Kernels for which pixfrac changes nothing; they are timed at 1."""
FRAMES = (1, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """Some frames and the way to drizzle them.

    Attributes
    ----------
    kernel : str
        Drizzle kernel.
    pixfrac : float
        Linear drop size, input pixels.
    size : int
        Pixels along each side of a frame.
    frames : int
        Number of exposures.
    scale : float
        Output scale as a fraction of the native one.
    planes : bool
        Whether the exposures carry variance and DQ, for cores that combine them.
    """

    kernel: Kernel = "square"
    pixfrac: float = 0.6
    size: int = 256
    frames: int = 1
    scale: float = SCALE
    planes: bool = False

    @property
    def id(self) -> str:
        """Name in test ids and groups, such as "square-p0.6-1014x4"."""
        scale = "" if self.scale == SCALE else f"-s{self.scale:g}"
        planes = "-planes" if self.planes else ""
        return f"{self.kernel}-p{self.pixfrac:g}-{self.size}x{self.frames}{scale}{planes}"

    @property
    def pixels(self) -> int:
        """Number of input pixels."""
        return self.size**2 * self.frames


def list_workloads(sizes: tuple[int, ...], pixfracs: tuple[float, ...]) -> tuple[Workload, ...]:
    """Cross kernels, pixfracs and numbers of frames at some frame sizes.

    Workloads on the same exposures stand together; the square kernel comes with variance and DQ,
    too.

    Parameters
    ----------
    sizes : tuple of int
        Sides of a frame, input pixels.
    pixfracs : tuple of float
        For the kernels whose drop they shrink.
    """
    drops = [(kernel, pixfrac) for kernel in DROP_KERNELS for pixfrac in pixfracs]
    drops += [(kernel, 1.0) for kernel in FIXED_KERNELS]
    listed = []
    for size in sizes:
        for frames in FRAMES:
            listed += [
                Workload(kernel=kernel, pixfrac=pixfrac, size=size, frames=frames)
                for kernel, pixfrac in drops
            ]
            listed.append(Workload(size=size, frames=frames, planes=True))
    return tuple(listed)


@functools.lru_cache(maxsize=2)
def make_exposures(
    size: int, frames: int, scale: float, planes: bool = False
) -> tuple[tuple[Exposure, ...], OutputGrid]:
    """Make square frames with the pixels, distortion and dithers of WFC3/IR.

    The data are a flat sky with noise, for the cost of drizzling does not depend on them; weights
    are the exposure time. A frame that is not 1014 pixels wide has the distortion polynomial of
    the real one about its own centre. Beyond four, the exposures repeat the box.

    Parameters
    ----------
    size : int
        Pixels along each side.
    frames : int
        Number of exposures.
    scale : float
        Output scale as a fraction of the native one.
    planes : bool, optional
        Whether they carry variance and DQ (one pixel in a hundred flagged, none masked).

    Returns
    -------
    tuple of (tuple of Exposure, OutputGrid)
        With pixmaps on the grid; the same bits in every process.
    """
    from harness.scenes.detector import load_detector
    from harness.scenes.dither import compute_offsets, load_dither
    from harness.scenes.optics import PixelFrame, make_wcs

    detector = load_detector(DETECTOR)
    chip = dataclasses.replace(
        detector.chips[0], shape=(size, size), crpix=((size + 1) / 2, (size + 1) / 2)
    )
    frame = PixelFrame(chip=chip, corner=(0, 0), shape=(size, size))
    box = compute_offsets(load_dither(DITHER), detector, seed=0)
    made = []
    for number in range(frames):
        wcs = make_wcs(frame, pointing=POINTING, orientat=0.0, postarg=box[number % len(box)])
        generator = np.random.default_rng((size, number))
        data = generator.standard_normal((size, size), dtype=np.float32)
        data *= np.float32(NOISE)
        data += np.float32(SKY)
        extra: dict[str, Any] = {}
        if planes:
            flagged = generator.random((size, size), dtype=np.float32) < 0.01
            extra = {
                "dq": np.where(flagged, np.uint32(16), np.uint32(0)),
                "variance": (np.full((size, size), READ_VARIANCE, dtype=np.float32),),
            }
        exposure = Exposure(
            name=f"timed{number + 1:02d}",
            data=data,
            weight_map=np.full((size, size), detector.exptime, dtype=np.float32),
            exptime=detector.exptime,
            in_units="cps",
            pixel_scale=native_scale(wcs),
            wcs=wcs,
            origin={"detector": DETECTOR, "dither": DITHER},
            **extra,
        )
        made.append(exposure)
    grid = make_grid(made, scale * made[0].pixel_scale)
    return tuple(project(exposure, grid) for exposure in made), grid


def prepare(workload: Workload) -> tuple[tuple[Exposure, ...], DrizzleParams]:
    """Return the exposures of a workload and the parameters with which they are drizzled.

    Parameters
    ----------
    workload : Workload
        What is drizzled.

    Returns
    -------
    tuple
        Exposures with pixmaps, and parameters.
    """
    exposures, grid = make_exposures(
        workload.size, workload.frames, workload.scale, workload.planes
    )
    return exposures, DrizzleParams(kernel=workload.kernel, pixfrac=workload.pixfrac, grid=grid)
