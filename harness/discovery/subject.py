"""The core under test, and what it can do, learnt by asking it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from harness.cores.request import (
    AnyRequest,
    BlotRequest,
    DrizzleRequest,
    Previous,
    RawImage,
    Reply,
    Request,
    make_pixmap,
)
from harness.discovery.performer import TIME_LIMIT, Performer
from harness.discovery.strategies.scope import INTERPOLATIONS
from harness.model import KERNELS

SANITIZER = "sanitizer"
"""What a performer has that says `sanitized`: its core reports what it does to memory."""


class Subject:
    """A performer with its conventions.

    Parameters
    ----------
    performer : Performer
    name : str
        Name of the core.

    Attributes
    ----------
    versions : dict
        Of the core and of numpy, for the record.
    unsupported : frozenset of str
        Fields of `Scope`, kernels and interpolations that this release does not have; `SANITIZER`
        where the core is an ordinary build.
    scales_science : bool
        Whether science values are multiplied by the square of the pixel scale ratio (they are by
        drizzlepac: surface brightness per output pixel).
    """

    def __init__(self, performer: Performer, name: str) -> None:
        self._performer = performer
        self.name = name
        self.versions: dict[str, str] = {}
        self.calls = 0
        watched = getattr(performer, "sanitized", False)
        self.unsupported = _find_unsupported(performer) | (set() if watched else {SANITIZER})
        self.scales_science = _scales_science(performer)

    def perform(self, request: AnyRequest, *, time_limit: float = TIME_LIMIT) -> Reply:
        """Perform one request; see `harness.discovery.performer.Performer`.

        Parameters
        ----------
        request : DrizzleRequest, BlotRequest or ExtensionRequest
            What the core is asked.
        time_limit : float, optional
            Seconds, after which the process of the core is ended.

        Returns
        -------
        Reply
            What became of it.
        """
        self.calls += 1
        return self._performer.perform(request, time_limit=time_limit)

    def science_factor(self, image: RawImage) -> float:
        """Return what the core multiplies the science values of an image with.

        Parameters
        ----------
        image : RawImage
            Its unit, factor and pixel scale ratio count.
        """
        factor = image.iscale / (image.exptime if image.in_units == "counts" else 1.0)
        if self.scales_science and image.pixel_scale_ratio is not None:
            factor *= image.pixel_scale_ratio**2
        return factor

    def in_its_convention(self, request: DrizzleRequest) -> DrizzleRequest:
        """Return the request that tells the oracle what this core makes of it.

        Parameters
        ----------
        request : DrizzleRequest
            What the core is asked.
        """
        if not self.scales_science:
            return request
        images = [
            replace(image, iscale=image.iscale * (image.pixel_scale_ratio or 1.0) ** 2)
            for image in request.images
        ]
        return replace(request, images=tuple(images))


def plain_request(**fields: object) -> DrizzleRequest:
    """Return one image of 3x3 ones drizzled where it is, with some fields of the image changed."""
    ones = np.ones((3, 3), dtype=np.float32)
    image = RawImage(data=ones, pixmap=make_pixmap((3, 3)), weight=ones.copy())
    changed = replace(image, **fields)  # type: ignore[arg-type]
    return DrizzleRequest(images=(changed,), shape=(3, 3), fillval=0.0)


def _find_unsupported(performer: Performer) -> frozenset[str]:
    ones = np.ones((3, 3), dtype=np.float32)
    previous = Previous(sci=ones, wht=ones.copy(), ctx=np.ones((1, 3, 3), np.int32), images=1)
    plainest = plain_request()
    probes: dict[str, Request] = {
        "variance": plain_request(variance=(ones,)),
        "dq": plain_request(dq=np.ones((3, 3), dtype=np.uint32)),
        "limits": plain_request(limits=(0, 1, 0, 1)),
        "iscale": plain_request(iscale=2.0),
        "weight_scale": plain_request(weight_scale=2.0),
        "defaults": plain_request(weight=None, pixel_scale_ratio=None),
        "previous": replace(plainest, previous=replace(previous, exptime=1.0)),
        "single_rows": replace(
            plainest,
            images=(RawImage(data=ones[:1], pixmap=make_pixmap((1, 3)), weight=ones[:1].copy()),),
        ),
    }
    probes |= {kernel: replace(plainest, kernel=kernel) for kernel in KERNELS}
    for interp in INTERPOLATIONS:
        probes[interp] = BlotRequest(data=ones, pixmap=make_pixmap((3, 3)), interp=interp)
    return frozenset(
        name for name, probe in probes.items() if performer.perform(probe).outcome == "unsupported"
    )


def _scales_science(performer: Performer) -> bool:
    probe = plain_request(pixel_scale_ratio=0.5)
    reply = performer.perform(replace(probe, kernel="point"))
    # A quarter or one: nothing between them is a convention.
    return reply.sci is not None and float(np.nanmedian(reply.sci)) < 0.5
