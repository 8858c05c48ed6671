"""Calls of any core that keeps the protocol `harness.cores.protocol.DrizzleCore`."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

PIXEL_SCALE = 0.1
"""Arcsec of the input pixels: a request knows ratios only."""


def load(session: Any) -> Any:
    """Return the calls of the core "module:attribute"."""
    module, _, attribute = session.target.partition(":")
    made: Any = getattr(importlib.import_module(module), attribute)
    # A core is used as it is; whatever else can be called makes one.
    if isinstance(made, type) or (callable(made) and not hasattr(made, "drizzle")):
        made = made()
    return ProtocolCalls(session, made)


class ProtocolCalls:
    """`drizzle(exposures, params)`."""

    def __init__(self, session: Any, core: Any) -> None:
        self._core = core
        self._session = session
        self.version = str(core.version)

    def drizzle(self, request: Any, reply: dict[str, Any]) -> None:
        """Drizzle the images of a request in one run."""
        first = self._check(request)
        ratio = first.pixel_scale_ratio
        exposures = [
            SimpleNamespace(
                name=f"image{number}", chip=1, file=None, wcs=None, data=image.data,
                weight_map=image.weight, dq=image.dq, variance=tuple(image.variance or ()),
                exptime=image.exptime, in_units=image.in_units, pixel_scale=PIXEL_SCALE,
                pixmap=image.pixmap,
            )
            for number, image in enumerate(request.images)
        ]  # fmt: skip
        grid = SimpleNamespace(
            shape=tuple(request.shape), pixel_scale=PIXEL_SCALE * ratio, wcs=None
        )
        fill = request.fillval
        unfilled = self._session.load("plain_images").is_unfilled(fill)
        params = SimpleNamespace(
            kernel=request.kernel, pixfrac=first.pixfrac, grid=grid, weighting="EXP", bits=0,
            fillval=None if unfilled else float(fill),
        )  # fmt: skip
        product = self._core.drizzle(exposures, params)
        for name in ("sci", "wht", "ctx", "dq", "variance"):
            value = product.get(name) if isinstance(product, dict) else getattr(product, name, None)
            if value is not None:
                reply[name] = list(value) if name == "variance" else np.asarray(value)

    def _check(self, request: Any) -> Any:
        """Refuse what the protocol has no place for, and return the first image."""
        session = self._session
        if request.shape is None or request.previous is not None or not request.images:
            session.unsupported("outputs of an earlier run, or of no shape")
        if not request.context:
            session.unsupported("runs without context")
        first = request.images[0]
        if request.kernel not in self._can("kernels", (request.kernel,)):
            session.unsupported(f"kernel {request.kernel}")
        for image in request.images:
            for name in ("variance", "dq"):
                if getattr(image, name) is not None and not self._can(name, False):
                    session.unsupported(name)
            if image.in_units not in self._can("units", ("cps",)):
                session.unsupported(f"units {image.in_units}")
            if image.weight is None or image.pixel_scale_ratio is None:
                session.unsupported("defaults")
            if image.iscale != 1.0 or image.weight_scale != 1.0:
                session.unsupported("iscale and weight_scale")
            if any(limit is not None for limit in image.limits):
                session.unsupported("limits")
            if (image.pixfrac, image.pixel_scale_ratio) != (first.pixfrac, first.pixel_scale_ratio):
                session.unsupported("images of different pixfrac or scale")
        return first

    def _can(self, name: str, default: Any) -> Any:
        """Return a capability, of a mapping or an object, or what holds where it is not told."""
        capabilities = getattr(self._core, "capabilities", {})
        if isinstance(capabilities, Mapping):
            return capabilities.get(name, default)
        return getattr(capabilities, name, default)

    def blot(self, request: Any, reply: dict[str, Any]) -> None:
        """Refuse: the protocol has no blot."""
        self._session.unsupported("blot")
