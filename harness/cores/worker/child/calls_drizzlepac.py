"""Calls of drizzlepac's C core, as `adrizzle.do_driz` and `ablot.do_blot` make them.

cdriz is loaded by its path: importing drizzlepac itself takes many seconds.
"""

from __future__ import annotations

import importlib.machinery
import importlib.metadata
import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np

CONTEXT_BITS = 32


def load(session: Any) -> Any:
    """Return the calls of the installed release."""
    return CdrizCalls(session)


def load_cdriz() -> Any:
    """Import `drizzlepac.cdriz` without the package around it.

    Raises
    ------
    ImportError
        If drizzlepac or its extension is not there.
    """
    package = importlib.util.find_spec("drizzlepac")
    if package is None or not package.submodule_search_locations:
        raise ImportError("drizzlepac is not installed")
    for folder in package.submodule_search_locations:
        for suffix in importlib.machinery.EXTENSION_SUFFIXES:
            path = Path(folder) / f"cdriz{suffix}"
            if path.is_file():
                spec = importlib.util.spec_from_file_location("drizzlepac.cdriz", path)
                if spec is not None and spec.loader is not None:
                    module = importlib.util.module_from_spec(spec)
                    sys.modules["drizzlepac.cdriz"] = module
                    spec.loader.exec_module(module)
                    return module
    raise ImportError("drizzlepac has no module cdriz")


class CdrizCalls:
    """`cdriz.tdriz` and `cdriz.tblot`, of drizzlepac 3."""

    def __init__(self, session: Any) -> None:
        self._cdriz = load_cdriz()
        self._session = session
        self._images = session.load("plain_images")
        self.version = importlib.metadata.version("drizzlepac")

    def drizzle(self, request: Any, reply: dict[str, Any]) -> None:
        """Drizzle the images of a request."""
        self._check(request)
        sci, wht, ctx, first = self._images.make_outputs(self._session, request)
        fill = "INDEF" if request.fillval in (None, "") else str(request.fillval)
        reply["returned"] = []
        try:
            for number, image in enumerate(request.images):
                plane, bit = divmod(first + number, CONTEXT_BITS)
                data = image.data
                if data.dtype > np.float32:
                    # So does do_driz.
                    data = data.astype(np.float32)
                _, nmiss, nskip = self._cdriz.tdriz(
                    data, image.weight, sci, wht, ctx[plane], CONTEXT_BITS * plane + bit + 1,
                    0, 1, 1, data.shape[0], image.pixel_scale_ratio, 1.0, 1.0, "center",
                    image.pixfrac, request.kernel, image.in_units,
                    1.0 if image.in_units == "cps" else image.exptime,
                    image.weight_scale, fill, 0, 0, 1, _mapping(image.pixmap),
                )  # fmt: skip
                reply["returned"].append([float(nskip), float(nmiss)])
        finally:
            reply["sci"], reply["wht"], reply["ctx"] = sci, wht, ctx

    def _check(self, request: Any) -> None:
        """Refuse what cdriz has no argument for, and what no mapping can be made of."""
        session = self._session
        self._images.check_plain(session, request, ("weight", "pixel_scale_ratio"))
        for image in request.images:
            if any(limit is not None for limit in image.limits):
                session.unsupported("limits")
            if image.pixmap.shape != (*image.data.shape, 2):
                session.unsupported("a pixmap of another shape than the data")
            if min(image.pixmap.shape[:2]) < 2:
                # do_driz maps by WCS, or by a function; a pixmap of one row is neither.
                session.unsupported("a pixmap of one row")

    def blot(self, request: Any, reply: dict[str, Any]) -> None:
        """Blot an image."""
        if request.iscale != 1.0:
            self._session.unsupported("iscale")
        if min(request.pixmap.shape[:2]) < 2:
            self._session.unsupported("a pixmap of one row")
        ny, nx = request.data.shape
        out = self._session.guard(np.zeros(request.pixmap.shape[:2], dtype=np.float32))
        self._cdriz.tblot(
            request.data, out, 1, nx, 1, ny, 1.0, 1.0, 1.0, 1.0, "center", request.interp,
            request.exptime, request.fillval, request.sinscl, 1, _mapping(request.pixmap),
        )  # fmt: skip
        reply["sci"] = out

    def extension(self, request: Any, reply: dict[str, Any]) -> None:
        """Call a function of cdriz itself."""
        calls = self._session.load("calls_cdriz")
        calls.call(self._cdriz, _mapping, self._session, request, reply)


def _mix(part: Any, one: Any, other: Any) -> Any:
    """Interpolate; a neighbour that has no part does not matter, be it NaN."""
    mixed = (1 - part) * one + part * other
    return np.where(part == 0, one, np.where(part == 1, other, mixed))


def _mapping(pixmap: Any) -> Any:
    """Return what cdriz calls back: a pixmap, bilinear between the pixel centres, linear beyond.

    cdriz asks for rows of positions, 1-based, `y` being the same throughout.
    """
    ny, nx = pixmap.shape[:2]
    grids = [np.asarray(pixmap[..., axis], dtype=np.float64) for axis in (0, 1)]

    def place(x: Any, y: Any) -> Any:
        i = min(max(int(y[0]) - 1, 0), ny - 2)
        j = np.clip(x.astype(int) - 1, 0, nx - 2)
        a, b = x - 1 - j, y[0] - 1 - i
        out = []
        for grid in grids:
            with np.errstate(all="ignore"):
                rows = [_mix(a, grid[k][j], grid[k][j + 1]) for k in (i, i + 1)]
                out.append(_mix(b, *rows) + 1)
        return tuple(out)

    return place
