"""Calls of AstroDrizzle on files, by the adapter `harness/cores/astrodrizzle.py`.

The adapter is loaded by its path and needs what drizzlepac itself requires, astropy among it.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import SimpleNamespace
from typing import Any

ADAPTER = Path(__file__).resolve().parents[2] / "astrodrizzle.py"


def load(session: Any) -> Any:
    """Return the calls of the installed release."""
    spec = importlib.util.spec_from_file_location("_worker_astrodrizzle", ADAPTER)
    assert spec is not None  # noqa: S101 - a file of our own
    assert spec.loader is not None  # noqa: S101 - as above
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    core = module.AstroDrizzleCore(listen=True)
    core.prepare()
    return AstroDrizzleCalls(core)


class AstroDrizzleCalls:
    """`AstroDrizzle` on copies of the files of a request."""

    def __init__(self, core: Any) -> None:
        self._core = core
        self.version = core.version

    def files(self, request: Any, reply: dict[str, Any]) -> None:
        """Drizzle the files of a request."""
        exposures = [
            SimpleNamespace(
                name=one.name, chip=one.chip, path=one.path, exptime=one.exptime,
                in_units=one.in_units, sky=one.sky, flat=one.flat,
                data=SimpleNamespace(shape=tuple(one.shape)),
            )
            for one in request.exposures
        ]  # fmt: skip
        params = SimpleNamespace(
            kernel=request.kernel, pixfrac=request.pixfrac, weighting=request.weighting,
            bits=request.bits, fillval=request.fillval, grid=_make_grid(request),
        )  # fmt: skip
        product = self._core.drizzle(exposures, params)
        for name in ("sci", "wht", "ctx"):
            reply[name] = product[name]
        reply["attributes"] = {
            "input_scales": list(product["provenance"]["input_scales"]),
            "complaints": list(product["provenance"]["complaints"]),
        }


def _make_grid(request: Any) -> Any:
    """Return the output grid with a WCS, as the adapter reads it."""
    from astropy.wcs import WCS

    wcs = WCS(naxis=2)
    wcs.wcs.ctype = list(request.ctype)
    wcs.wcs.crpix = list(request.crpix)
    wcs.wcs.crval = list(request.crval)
    wcs.wcs.cd = [list(row) for row in request.cd]
    return SimpleNamespace(shape=tuple(request.shape), pixel_scale=request.pixel_scale, wcs=wcs)
