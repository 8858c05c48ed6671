"""Calls of the drizzle package: `drizzle.resample` since 2.0, `drizzle.dodrizzle` before.

Which arguments there are is read from the signatures: `iscale`, `pixel_scale_ratio`, `data2` and
`dq` came one by one; before 2.2, `scale` was both the size of kernels and, squared, a factor on the
data.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import inspect
from types import SimpleNamespace
from typing import Any

import numpy as np

NAMED_BY_HARNESS = ("nearest", "linear", "poly3", "poly5", "sinc", "lan3", "lan5")
LIMITS = ("xmin", "xmax", "ymin", "ymax")
NO_LIMITS = (None, None, None, None)


def load(session: Any) -> Any:
    """Return the calls of the installed release."""
    if importlib.util.find_spec("drizzle.resample") is None:
        return FirstCalls(session)
    return ResampleCalls(session)


class ResampleCalls:
    """`drizzle.resample.Drizzle` and `blot_image`."""

    def __init__(self, session: Any) -> None:
        self._resample = importlib.import_module("drizzle.resample")
        session.guard_module(self._resample)
        self._session = session
        self.version = importlib.metadata.version("drizzle")
        drizzle: Any = self._resample.Drizzle
        self._opening = set(inspect.signature(drizzle.__init__).parameters)
        self._adding = set(inspect.signature(drizzle.add_image).parameters)
        self._blotting = set(inspect.signature(self._resample.blot_image).parameters)
        self._interpolations = self._resample.blot_image.__doc__ or ""

    def drizzle(self, request: Any, reply: dict[str, Any]) -> None:
        """Add the images of a request."""
        opening = self._open(request)
        images = [self._image(image) for image in request.images]
        reply["returned"] = []
        drizzle = self._resample.Drizzle(**opening)
        try:
            for image in images:
                reply["returned"].append([float(one) for one in drizzle.add_image(**image)])
        finally:
            reply["sci"] = drizzle.out_img
            reply["wht"] = drizzle.out_wht
            reply["ctx"] = drizzle.out_ctx
            reply["dq"] = getattr(drizzle, "out_dq", None)
            reply["variance"] = list(getattr(drizzle, "out_img2", None) or ())
            reply["attributes"] = {
                name: getattr(drizzle, name, None) for name in ("total_exptime", "ctx_id")
            }

    def _open(self, request: Any) -> dict[str, Any]:
        previous = request.previous
        named: dict[str, Any] = {"kernel": request.kernel}
        if request.shape is not None:
            named["out_shape"] = tuple(request.shape)
        if request.fillval is not None:
            named["fillval"] = request.fillval
        if not request.context:
            named["disable_ctx"] = True
        count = len(request.images) if request.max_images is None else request.max_images
        last = count - 1
        if previous is not None:
            named.update(
                out_img=previous.sci, out_wht=previous.wht, exptime=previous.exptime,
                begin_ctx_id=previous.images,
            )  # fmt: skip
            for name, value in {"out_ctx": previous.ctx, "out_dq": previous.dq}.items():
                if value is not None:
                    named[name] = value
            if previous.variance:
                named["out_img2"] = list(previous.variance)
            last += previous.images
        if last > 0:
            named["max_ctx_id"] = last
        return self._known(named, self._opening)

    def _image(self, image: Any) -> dict[str, Any]:
        named: dict[str, Any] = {
            "data": image.data, "exptime": image.exptime, "pixmap": image.pixmap,
        }  # fmt: skip
        optional = {
            "weight_map": (image.weight, None),
            "dq": (image.dq, None),
            "data2": (None if image.variance is None else list(image.variance), None),
            "in_units": (image.in_units, "cps"),
            "pixfrac": (image.pixfrac, 1.0),
            "iscale": (image.iscale, 1.0),
            "pixel_scale_ratio": (image.pixel_scale_ratio, 1.0),
            "wht_scale": (image.weight_scale, 1.0),
        }
        if "pixel_scale_ratio" not in self._adding and image.pixel_scale_ratio is not None:
            optional["scale"] = optional.pop("pixel_scale_ratio")
        named.update(
            {
                name: value
                for name, (value, default) in optional.items()
                # By identity first: a None is a value where the default is none.
                if not (value is default or (default is not None and value == default))
            }
        )
        if any(limit is not None for limit in image.limits):
            named.update(zip(LIMITS, image.limits))
        return self._known(named, self._adding)

    def blot(self, request: Any, reply: dict[str, Any]) -> None:
        """Blot an image."""
        named: dict[str, Any] = {"data": request.data, "pixmap": request.pixmap}
        interp = request.interp
        if "iscale" in self._blotting:
            if interp in ("lan3", "lan5") and f'"{interp}"' not in self._interpolations:
                interp = interp.replace("lan", "lanczos")
            factor = request.iscale * request.exptime
            if factor != 1.0:
                named["iscale"] = factor
        else:
            named.update(
                pix_ratio=1.0,
                exptime=request.exptime,
                output_pixel_shape=tuple(request.pixmap.shape[1::-1]),
            )
            if request.iscale != 1.0:
                self._session.unsupported("iscale")
        if request.interp in NAMED_BY_HARNESS and f'"{interp}"' not in self._interpolations:
            self._session.unsupported(f"interp {request.interp!r}")
        named["interp"] = interp
        if request.fillval != 0.0:
            named["fillval"] = request.fillval
        if request.sinscl != 1.0:
            named["sinscl"] = request.sinscl
        reply["sci"] = self._resample.blot_image(**self._known(named, self._blotting))

    def extension(self, request: Any, reply: dict[str, Any]) -> None:
        """Call a function of `drizzle.cdrizzle`."""
        module = importlib.import_module("drizzle.cdrizzle")
        if not hasattr(module, request.function):
            self._session.unsupported(request.function)
        self._session.load("extension").call(module, request, reply)

    def _known(self, named: dict[str, Any], parameters: set[str]) -> dict[str, Any]:
        for name in named:
            if name not in parameters:
                self._session.unsupported(name)
        return named


class FirstCalls:
    """`drizzle.dodrizzle` and `drizzle.doblot`, of the drizzle package 1.x.

    They ask a WCS of each image for the pixmap and for the scale, so they get stand-ins that hold
    the scale, and the function that would make the pixmap hands out the one of the request. As in
    drizzlepac, the science values are multiplied by the square of the ratio of the scales.
    """

    def __init__(self, session: Any) -> None:
        self._drizzle: Any = importlib.import_module("drizzle.dodrizzle")
        self._blot: Any = importlib.import_module("drizzle.doblot")
        self._session = session
        self._pixmap: Any = None
        modules: tuple[Any, ...] = (self._drizzle, self._blot)
        for module in modules:
            module.calc_pixmap = SimpleNamespace(calc_pixmap=lambda first, second: self._pixmap)
        session.guard_module(self._blot)
        self.version = importlib.metadata.version("drizzle")

    def drizzle(self, request: Any, reply: dict[str, Any]) -> None:
        """Drizzle the images of a request one after the other."""
        images = self._session.load("plain_images")
        images.check_plain(self._session, request, ("pixel_scale_ratio",))
        sci, wht, ctx, first = images.make_outputs(self._session, request)
        reply["returned"] = []
        try:
            for number, image in enumerate(request.images):
                self._pixmap = np.asarray(image.pixmap, dtype=np.float64)
                limits = {} if image.limits == NO_LIMITS else dict(zip(LIMITS, image.limits))
                _, nmiss, nskip = self._drizzle.dodrizzle(
                    image.data, SimpleNamespace(), image.weight,
                    SimpleNamespace(pscale=image.pixel_scale_ratio), sci, wht, ctx,
                    image.exptime, image.in_units, image.weight_scale, wcslin_pscale=1.0,
                    uniqid=first + number + 1, pixfrac=image.pixfrac, kernel=request.kernel,
                    fillval="INDEF" if request.fillval is None else str(request.fillval),
                    **{name: 0 if value is None else value for name, value in limits.items()},
                )  # fmt: skip
                reply["returned"].append([float(nmiss), float(nskip)])
        finally:
            reply["sci"], reply["wht"], reply["ctx"] = sci, wht, ctx

    def blot(self, request: Any, reply: dict[str, Any]) -> None:
        """Blot an image."""
        if request.iscale != 1.0:
            self._session.unsupported("iscale")
        if request.fillval != 0.0:
            self._session.unsupported("fillval")
        self._pixmap = np.asarray(request.pixmap, dtype=np.float64)
        shape = request.pixmap.shape[1::-1]
        reply["sci"] = self._blot.doblot(
            request.data, SimpleNamespace(pscale=1.0),
            SimpleNamespace(pscale=1.0, pixel_shape=shape), request.exptime,
            interp=request.interp, sinscl=request.sinscl,
        )  # fmt: skip
