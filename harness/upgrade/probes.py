"""Small requests that cover what callers do: every kernel on every geometry, every argument."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.cores.request import (
    BlotRequest,
    DrizzleRequest,
    Previous,
    RawImage,
    Request,
    make_pixmap,
)
from harness.model import KERNELS

SHAPE = (20, 24)
"""(ny, nx) of the images: large enough for rows that miss the output, small enough for
milliseconds."""
INTERPOLATIONS = ("nearest", "linear", "poly3", "poly5", "sinc", "lan3", "lan5")
Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Probe:
    """One request, the same on both sides.

    Attributes
    ----------
    name : str
        "kernel-geometry", "kernel/argument" or "blot-interpolation-geometry".
    about : str
        What it is there to see.
    request : DrizzleRequest or BlotRequest
    """

    name: str
    about: str
    request: Request


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


def list_probes() -> tuple[Probe, ...]:
    """Return all probes; their arrays are the same in every process."""
    return (*_on_geometries(), *_corners(), *_sheared(), *_with_arguments(), *_blots())


def list_geometries() -> tuple[Geometry, ...]:
    """Return the geometries that every kernel is tried on."""
    ny, nx = SHAPE
    plain = make_pixmap(SHAPE)
    torn = _affine(plain, 1.0, 0.0, (2.25, 2.4))
    torn[:, :3] = np.nan
    torn[7] = np.nan
    bordered = _affine(plain, 1.0, 8.0, (-11.3, 1.2))
    bordered[:2] = bordered[-2:] = bordered[:, :2] = bordered[:, -2:] = np.nan
    bent = _affine(plain, 1.0, 3.0, (3.0, 3.0))
    x, y = plain[..., 0] / nx, plain[..., 1] / ny
    bent += np.stack([1.5 * x * y + x**2, 1.2 * y**2 - 0.8 * x * y], axis=-1)
    mirrored = plain * (-1, 1) + (nx + 0.3, 0.2)
    edge = _affine(plain, 1.0, 0.0, (-0.5, -0.5))
    return (
        Geometry(name="aligned", about="pixel on pixel", pixmap=plain, shape=SHAPE),
        Geometry(
            name="shifted", about="fractions of a pixel off",
            pixmap=_affine(plain, 1.0, 0.0, (1.3, 1.45)), shape=(ny + 3, nx + 3),
        ),
        Geometry(
            name="finer", about="onto half the pixel scale",
            pixmap=_affine(plain, 2.0, 0.0, (1.7, 2.1)), shape=(2 * ny + 4, 2 * nx + 4), ratio=0.5,
        ),
        Geometry(
            name="coarser", about="onto larger pixels",
            pixmap=_affine(plain, 0.6, 0.0, (1.2, 1.1)), shape=(15, 18), ratio=1 / 0.6,
        ),
        Geometry(
            name="rotated", about="turned by 33 degrees",
            pixmap=_affine(plain, 1.0, 33.0, (12.0, 2.0)), shape=(36, 36),
        ),
        Geometry(
            name="diagonal", about="turned by 45 degrees, corners on pixel edges",
            pixmap=_affine(plain, 0.5**0.5, 45.0, (10.0, 1.0)), shape=(26, 26), ratio=2**0.5,
        ),
        Geometry(name="bent", about="with distortion", pixmap=bent, shape=(ny + 8, nx + 9)),
        Geometry(name="mirrored", about="x running backwards", pixmap=mirrored, shape=(22, 27)),
        Geometry(
            name="half-outside", about="one half beyond an edge",
            pixmap=_affine(plain, 1.0, 8.0, (-11.3, 1.2)), shape=SHAPE,
        ),
        Geometry(
            name="small-output", about="an output smaller than the image, which is turned",
            pixmap=_affine(plain, 1.0, 40.0, (5.0, -9.0)), shape=(9, 8),
        ),
        Geometry(
            name="inside", about="an output in the middle of the image",
            pixmap=_affine(plain, 1.0, 0.0, (-7.3, -6.2)), shape=(8, 8),
        ),
        Geometry(
            name="inside-turned", about="an output within the image, turned by 90 degrees",
            pixmap=_affine(plain, 1.0, 90.0, (12.0, -8.0)), shape=(6, 6),
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


def _affine(pixmap: Array, scale: float, degrees: float, shift: tuple[float, float]) -> Array:
    angle = np.deg2rad(degrees)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned: Array = pixmap @ turn.T + shift
    return turned


def _image(geometry: Geometry, seed: int = 0) -> RawImage:
    generator = np.random.default_rng(seed)
    return RawImage(
        data=generator.uniform(0.5, 2.0, SHAPE).astype(np.float32),
        pixmap=geometry.pixmap.copy(),
        weight=generator.uniform(0.5, 2.0, SHAPE).astype(np.float32),
        pixel_scale_ratio=geometry.ratio,
    )


def _on_geometries() -> Iterator[Probe]:
    for geometry in list_geometries():
        for kernel in KERNELS:
            for pixfrac in (1.0, 0.6):
                if pixfrac != 1.0 and kernel not in ("square", "turbo", "gaussian"):
                    continue
                image = replace(_image(geometry), pixfrac=pixfrac)
                yield Probe(
                    name=f"{kernel}-{geometry.name}-p{pixfrac:g}",
                    about=f"{kernel}, pixfrac {pixfrac:g}: {geometry.about}",
                    request=DrizzleRequest(images=(image,), kernel=kernel, shape=geometry.shape),
                )


def _corners() -> Iterator[Probe]:
    """Give images with a corner on, or just beyond, an edge of the output.

    The first ends drizzle 2.2.0, and not 3.0.0, by SIGSEGV (release notes of 3.0.0, #235); the
    second ends both.
    """
    half = np.deg2rad(30.0)
    yield _corner("outside", half, 0.5, (-0.9989107880107722, -0.500000001))
    yield _corner("turned", np.pi, 1.0, (-0.5, 0.0))


def _corner(name: str, angle: float, scale: float, shift: tuple[float, float]) -> Probe:
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return _six_pixels(
        f"square-corner-{name}",
        f"a corner of the image at an edge of the output ({name})",
        make_pixmap((2, 3)) @ turn.T + shift,
        shape=(5, 4),
    )


def _sheared() -> Iterator[Probe]:
    """Give images whose rows are level and whose columns lean.

    Their lower edge lies on, or an ulp beside, the lower edge of the output. With the first,
    drizzle 2.1.0 makes weights below zero (release notes of 2.1.1, #191); the second, of which
    1.15 to 2.1.0 make nothing at all, has an edge that is collinear with the output's (#194).
    """
    for name, about, lean, shift in (
        ("sheared", "leaning columns, edges of drops on edges of pixels", -0.1, 0.3),
        ("collinear", "an edge of the image along the edge of the output", 0.01, 0.5),
    ):
        x, y = np.moveaxis(make_pixmap((2, 3)), -1, 0)
        pixmap = np.stack([0.7 * x + lean * y + shift, y], axis=-1)
        yield _six_pixels(f"square-{name}", about, pixmap, shape=(4, 5))


def _six_pixels(name: str, about: str, pixmap: Array, shape: tuple[int, int]) -> Probe:
    ones = np.ones((2, 3), dtype=np.float32)
    image = RawImage(data=ones, pixmap=pixmap, weight=ones.copy(), pixel_scale_ratio=1.0)
    return Probe(
        name=name,
        about=f"square: {about}",
        request=DrizzleRequest(images=(image,), shape=shape),
    )


def _with_arguments() -> Iterator[Probe]:
    shifted, finer = (one for one in list_geometries() if one.name in ("shifted", "finer"))
    for kernel in ("square", "turbo"):
        plain = DrizzleRequest(images=(_image(shifted),), kernel=kernel, shape=shifted.shape)
        for name, about, change in _arguments(finer):
            yield Probe(name=f"{kernel}/{name}", about=f"{kernel}: {about}", request=change(plain))


def _arguments(
    finer: Geometry,
) -> Iterator[tuple[str, str, Callable[[DrizzleRequest], DrizzleRequest]]]:
    """Give name, meaning and a function that puts the argument into a plain request."""

    def images(count: int, **fields: Any) -> Callable[[DrizzleRequest], DrizzleRequest]:
        return lambda plain: replace(
            plain,
            images=tuple(
                replace(plain.images[0], **_varied(plain.images[0], number) | fields)
                for number in range(count)
            ),
        )

    ones = np.ones(SHAPE, dtype=np.float32)
    holes = np.where(np.indices(SHAPE).sum(axis=0) % 5 == 0, 0, ones).astype(np.float32)
    block = ones.copy()
    block[5:12, 6:14] = 0
    dq = (1 << (np.arange(ones.size) % 20)).astype(np.uint32).reshape(SHAPE)
    yield "three-images", "three images at fractions of a pixel", images(3)
    yield "forty-images", "so many that the context has two planes", images(40)
    yield "counts", "counts of an exposure of 7 s", images(2, in_units="counts", exptime=7.0)
    yield "short-counts", "counts of 0.25 s", images(2, in_units="counts", exptime=0.25)
    yield "long-rates", "rates of an exposure of 1000 s", images(2, exptime=1000.0)
    yield "weights-zero", "pixels of weight zero", images(2, weight=holes)
    yield "weights-zero-block", "a block of pixels of weight zero", images(1, weight=block)
    yield "weights-zero-first", "weights of zero that a later image fills", _zero_first(holes)
    yield "weight-scale", "a factor on the weights", images(2, weight_scale=3.0)
    yield "iscale", "a factor on the data", images(2, iscale=2.5)
    yield "pixel-scale-ratio", "kernels of half a pixel", images(1, pixel_scale_ratio=0.5)
    yield "pixfrac-zero", "drops without size", images(1, pixfrac=0.0)
    yield "pixfrac-tiny", "drops of a thousandth", images(1, pixfrac=0.0011)
    yield "limits", "a box of input pixels", images(2, limits=(3, 15, 4, 11))
    yield "fill-zero", "fill value 0", lambda plain: replace(images(1)(plain), fillval=0.0)
    yield "fill-number", "fill value -7", lambda plain: replace(images(1)(plain), fillval=-7.0)
    yield "fill-text", "fill value INDEF", lambda plain: replace(images(1)(plain), fillval="INDEF")
    yield "resumed", "onto the output of an earlier run", _resumed
    yield "no-context", "without a context image", lambda plain: replace(plain, context=False)
    yield (
        "defaults",
        "weights and scale left to the core",
        images(1, weight=None, pixel_scale_ratio=None),
    )
    yield "dq", "data quality bits", images(2, dq=dq)
    yield "variance", "variance images", images(2, variance=(ones, 2 * ones))
    yield "nan-data", "NaN among the data", images(2, data=np.where(holes, ones, np.float32("nan")))
    yield (
        "finer",
        "onto half the pixel scale, two images",
        lambda plain: replace(
            plain,
            images=(_image(finer), _image(finer, seed=1)),
            shape=finer.shape,
        ),
    )


def _varied(image: RawImage, number: int) -> dict[str, Any]:
    """Return what tells the images of one run apart."""
    return {
        "data": image.data * np.float32(number + 1),
        "pixmap": image.pixmap + 0.37 * number % 1.1,
    }


def _zero_first(holes: Array) -> Callable[[DrizzleRequest], DrizzleRequest]:
    """Let the first image have no weight where the second has some, pixel on pixel."""

    def change(plain: DrizzleRequest) -> DrizzleRequest:
        image = replace(plain.images[0], pixmap=make_pixmap(SHAPE) + 1.0)
        first = replace(image, weight=holes * np.float32(2.0))
        second = replace(image, data=image.data * np.float32(3.0), weight=image.weight)
        return replace(plain, images=(first, second))

    return change


def _resumed(plain: DrizzleRequest) -> DrizzleRequest:
    assert plain.shape is not None  # noqa: S101 - every probe has one
    generator = np.random.default_rng(7)
    previous = Previous(
        sci=generator.uniform(1, 2, plain.shape).astype(np.float32),
        wht=generator.uniform(1, 2, plain.shape).astype(np.float32),
        ctx=np.ones((1, *plain.shape), dtype=np.int32),
        exptime=10.0,
        images=1,
    )
    return replace(plain, previous=previous)


def _blots() -> Iterator[Probe]:
    """Give blots of a smooth scene, so that interpolations are near its true values."""
    y, x = np.indices((30, 32), dtype=np.float64)
    data = (2.0 + np.sin(0.35 * x) + np.cos(0.28 * y)).astype(np.float32)
    inner = make_pixmap((12, 13))
    places = {
        "aligned": ("at the pixels' own centres", inner + 9.0),
        "shifted": ("between the pixels", _affine(inner, 1.0, 0.0, (8.3, 9.45))),
        "rotated": ("turned", _affine(inner, 0.9, 25.0, (12.0, 8.0))),
        "half-outside": ("one half beyond an edge", _affine(inner, 1.0, 0.0, (-6.4, 9.2))),
    }
    for interp in INTERPOLATIONS:
        for name, (about, pixmap) in places.items():
            yield Probe(
                name=f"blot-{interp}-{name}",
                about=f"blot by {interp}: {about}",
                request=BlotRequest(data=data, pixmap=pixmap, interp=interp),
            )
    yield Probe(
        name="blot/exptime",
        about="blot by poly5 into counts of 5 s",
        request=BlotRequest(data=data, pixmap=places["shifted"][1], exptime=5.0),
    )
    yield Probe(
        name="blot/fillval",
        about="blot by linear with fill value -1",
        request=BlotRequest(
            data=data, pixmap=places["half-outside"][1], interp="linear", fillval=-1.0
        ),
    )
