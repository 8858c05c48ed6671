"""How the pixels of a probe's image fall on the output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.cores.request import (
    RawImage,
    make_pixmap,
)

SHAPE = (20, 24)
"""(ny, nx) of the images: large enough for rows that miss the output, small enough for
milliseconds."""
Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Geometry:
    """How the pixels of an image fall on the output.

    Attributes
    ----------
    name, about : str
    pixmap : ndarray, (ny, nx, 2), float64
    shape : tuple of int
        Of the output.
    ratio : float
        Output over input pixel scale.
    """

    name: str
    about: str
    pixmap: Array
    shape: tuple[int, int]
    ratio: float = 1.0


def list_geometries() -> tuple[Geometry, ...]:
    """Return the geometries that every kernel is tried on."""
    ny, nx = SHAPE
    plain = make_pixmap(SHAPE)
    torn = affine(plain, 1.0, 0.0, (2.25, 2.4))
    torn[:, :3] = np.nan
    torn[7] = np.nan
    bordered = affine(plain, 1.0, 8.0, (-11.3, 1.2))
    bordered[:2] = bordered[-2:] = bordered[:, :2] = bordered[:, -2:] = np.nan
    bent = affine(plain, 1.0, 3.0, (3.0, 3.0))
    x, y = plain[..., 0] / nx, plain[..., 1] / ny
    bent += np.stack([1.5 * x * y + x**2, 1.2 * y**2 - 0.8 * x * y], axis=-1)
    mirrored = plain * (-1, 1) + (nx + 0.3, 0.2)
    edge = affine(plain, 1.0, 0.0, (-0.5, -0.5))
    return (
        Geometry(name="aligned", about="pixel on pixel", pixmap=plain, shape=SHAPE),
        Geometry(
            name="shifted", about="fractions of a pixel off",
            pixmap=affine(plain, 1.0, 0.0, (1.3, 1.45)), shape=(ny + 3, nx + 3),
        ),
        Geometry(
            name="finer", about="onto half the pixel scale",
            pixmap=affine(plain, 2.0, 0.0, (1.7, 2.1)), shape=(2 * ny + 4, 2 * nx + 4), ratio=0.5,
        ),
        Geometry(
            name="coarser", about="onto larger pixels",
            pixmap=affine(plain, 0.6, 0.0, (1.2, 1.1)), shape=(15, 18), ratio=1 / 0.6,
        ),
        Geometry(
            name="rotated", about="turned by 33 degrees",
            pixmap=affine(plain, 1.0, 33.0, (12.0, 2.0)), shape=(36, 36),
        ),
        Geometry(
            name="diagonal", about="turned by 45 degrees, corners on pixel edges",
            pixmap=affine(plain, 0.5**0.5, 45.0, (10.0, 1.0)), shape=(26, 26), ratio=2**0.5,
        ),
        Geometry(name="bent", about="with distortion", pixmap=bent, shape=(ny + 8, nx + 9)),
        Geometry(name="mirrored", about="x running backwards", pixmap=mirrored, shape=(22, 27)),
        Geometry(
            name="half-outside", about="one half beyond an edge",
            pixmap=affine(plain, 1.0, 8.0, (-11.3, 1.2)), shape=SHAPE,
        ),
        Geometry(
            name="small-output", about="an output smaller than the image, which is turned",
            pixmap=affine(plain, 1.0, 40.0, (5.0, -9.0)), shape=(9, 8),
        ),
        Geometry(
            name="inside", about="an output in the middle of the image",
            pixmap=affine(plain, 1.0, 0.0, (-7.3, -6.2)), shape=(8, 8),
        ),
        Geometry(
            name="inside-turned", about="an output within the image, turned by 90 degrees",
            pixmap=affine(plain, 1.0, 90.0, (12.0, -8.0)), shape=(6, 6),
        ),
        Geometry(name="edge", about="corners just on the output's edge", pixmap=edge, shape=SHAPE),
        Geometry(
            name="unknown-positions", about="NaN in the pixmap, in columns and in a row",
            pixmap=torn, shape=(ny + 5, nx + 5),
        ),
        Geometry(
            name="unknown-border", about="NaN in the pixmap all around, one half beyond an edge",
            pixmap=bordered, shape=SHAPE,
        ),
        Geometry(
            name="elsewhere", about="nothing of the image on the output",
            pixmap=plain + 500.0, shape=SHAPE,
        ),
    )  # fmt: skip


def affine(pixmap: Array, scale: float, degrees: float, shift: tuple[float, float]) -> Array:
    """Turn a pixmap about its origin, scale and shift it.

    Parameters
    ----------
    pixmap : ndarray, (ny, nx, 2), float64
        Output (x, y) of every input pixel.
    scale : float
        About the origin.
    degrees : float
        From x to y.
    shift : tuple of float
        (x, y), output pixels, after the turn.

    Returns
    -------
    ndarray, (ny, nx, 2), float64
        Output (x, y).
    """
    angle = np.deg2rad(degrees)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned: Array = pixmap @ turn.T + shift
    return turned


def image_on(geometry: Geometry, seed: int = 0) -> RawImage:
    """Return an image of drawn data and weights that falls as a geometry says."""
    generator = np.random.default_rng(seed)
    return RawImage(
        data=generator.uniform(0.5, 2.0, SHAPE).astype(np.float32),
        pixmap=geometry.pixmap.copy(),
        weight=generator.uniform(0.5, 2.0, SHAPE).astype(np.float32),
        pixel_scale_ratio=geometry.ratio,
    )
