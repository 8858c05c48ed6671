"""Small requests that cover what callers do: every kernel on every geometry, every argument."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from harness.cores.request import (
    BlotRequest,
    DrizzleRequest,
    RawImage,
    Request,
    make_pixmap,
)
from harness.model import KERNELS
from harness.upgrade.arguments import list_arguments
from harness.upgrade.geometries import Array, affine, image_on, list_geometries

INTERPOLATIONS = ("nearest", "linear", "poly3", "poly5", "sinc", "lan3", "lan5")


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


def list_probes() -> tuple[Probe, ...]:
    """Return all probes; their arrays are the same in every process."""
    return (*_on_geometries(), *_corners(), *_sheared(), *_with_arguments(), *_blots())


def _on_geometries() -> Iterator[Probe]:
    for geometry in list_geometries():
        for kernel in KERNELS:
            for pixfrac in (1.0, 0.6):
                if pixfrac != 1.0 and kernel not in ("square", "turbo", "gaussian"):
                    continue
                image = replace(image_on(geometry), pixfrac=pixfrac)
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
        plain = DrizzleRequest(images=(image_on(shifted),), kernel=kernel, shape=shifted.shape)
        for name, about, change in list_arguments(finer):
            yield Probe(name=f"{kernel}/{name}", about=f"{kernel}: {about}", request=change(plain))


def _blots() -> Iterator[Probe]:
    """Give blots of a smooth scene, so that interpolations are near its true values."""
    y, x = np.indices((30, 32), dtype=np.float64)
    data = (2.0 + np.sin(0.35 * x) + np.cos(0.28 * y)).astype(np.float32)
    inner = make_pixmap((12, 13))
    places = {
        "aligned": ("at the pixels' own centres", inner + 9.0),
        "shifted": ("between the pixels", affine(inner, 1.0, 0.0, (8.3, 9.45))),
        "rotated": ("turned", affine(inner, 0.9, 25.0, (12.0, 8.0))),
        "half-outside": ("one half beyond an edge", affine(inner, 1.0, 0.0, (-6.4, 9.2))),
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
