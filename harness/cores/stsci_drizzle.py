"""The `drizzle` package of STScI, one adapter for each generation of its interface."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import inspect
import warnings
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from harness.model import DrizzleParams, Exposure

ADVICE = (
    r"Kernel '\w+' is not a flux-conserving kernel",
    r"In lanczos kernel, pixel_fraction is ignored",
    r"Kernel reset to 'point'",
)
"""Warnings of the package that its capabilities, or the parameters, already tell."""
CONTEXT_BITS = 32
ARRAYS_ALONE: dict[str, Any] = {
    "kernels": {"square", "point", "turbo", "gaussian", "lanczos2", "lanczos3"},
    "flux_conserving": {"square", "point", "turbo"},
    "context": True,
    "units": {"cps", "counts"},
}
"""What the releases before 2.2 can do: science, weight, context."""


class Drizzle3Core:
    """`drizzle.resample.Drizzle` as it is since 2.2.

    It takes the scale of the kernel (`pixel_scale_ratio`) apart from that of the data (`iscale`),
    adds variances with squared weights, and combines DQ bits.
    """

    name = "drizzle"

    def __init__(self) -> None:
        self._resample: Any = None
        self.version = importlib.metadata.version("drizzle")
        self.capabilities = {**ARRAYS_ALONE, "dq": True, "variance": True}

    def prepare(self) -> None:
        """Import the package, if that is not done."""
        if self._resample is None:
            self._resample = importlib.import_module("drizzle.resample")

    def drizzle(self, exposures: Sequence[Exposure], params: DrizzleParams) -> dict[str, Any]:
        """Combine exposures; see `harness.cores.protocol.DrizzleCore.drizzle`."""
        self.prepare()
        product = self._resample.Drizzle(
            kernel=params.kernel,
            fillval=params.fillval,
            fillval2=params.fillval,
            out_shape=tuple(params.grid.shape),
            max_ctx_id=len(exposures) - 1,
        )

        def add(exposure: Exposure, common: dict[str, Any]) -> Any:
            return product.add_image(
                exposure.data,
                data2=list(exposure.variance) or None,
                dq=exposure.dq,
                iscale=1.0,
                pixel_scale_ratio=params.grid.pixel_scale / exposure.pixel_scale,
                **common,
            )

        provenance = _add_all(add, exposures, params)
        return {
            "sci": product.out_img,
            "wht": product.out_wht,
            "ctx": product.out_ctx,
            "variance": tuple(product.out_img2 or ()),
            "dq": product.out_dq,
            "provenance": provenance,
        }


class Drizzle2Core:
    """`drizzle.resample.Drizzle` of 2.0 and 2.1.

    Its `scale` is the size of the kernel and, squared, a factor on the data, which is undone here.
    """

    name = "drizzle"

    def __init__(self) -> None:
        self._resample = importlib.import_module("drizzle.resample")
        self.version = importlib.metadata.version("drizzle")
        self.capabilities = dict(ARRAYS_ALONE)

    def drizzle(self, exposures: Sequence[Exposure], params: DrizzleParams) -> dict[str, Any]:
        """Combine exposures; see `harness.cores.protocol.DrizzleCore.drizzle`."""
        product = self._resample.Drizzle(
            kernel=params.kernel,
            fillval=params.fillval,
            out_shape=tuple(params.grid.shape),
            max_ctx_id=len(exposures) - 1,
        )

        def add(exposure: Exposure, common: dict[str, Any]) -> Any:
            return product.add_image(
                _in_scale_of_first(exposure, exposures),
                scale=params.grid.pixel_scale / exposure.pixel_scale,
                **common,
            )

        provenance = _add_all(add, exposures, params)
        return {
            "sci": _unscaled(product.out_img, product.out_wht, exposures, params),
            "wht": product.out_wht,
            "ctx": product.out_ctx,
            "provenance": provenance,
        }


class Drizzle1Core:
    """`drizzle.dodrizzle` of 1.x.

    It asks a WCS of each image for the pixmap and the scale; here the pixmap is the exposure's.
    The science values are multiplied by the square of the ratio of the scales, which is undone.
    """

    name = "drizzle"

    def __init__(self) -> None:
        self._module: Any = importlib.import_module("drizzle.dodrizzle")
        self.version = importlib.metadata.version("drizzle")
        self.capabilities = dict(ARRAYS_ALONE)

    def drizzle(self, exposures: Sequence[Exposure], params: DrizzleParams) -> dict[str, Any]:
        """Combine exposures; see `harness.cores.protocol.DrizzleCore.drizzle`."""
        shape = tuple(params.grid.shape)
        sci = np.full(shape, np.nan if params.fillval is None else 0.0, dtype=np.float32)
        wht = np.zeros(shape, dtype=np.float32)
        ctx = np.zeros(((len(exposures) - 1) // CONTEXT_BITS + 1, *shape), dtype=np.int32)
        before = self._module.calc_pixmap
        nmiss = nskip = 0
        try:
            for number, exposure in enumerate(exposures):
                self._module.calc_pixmap = _Handing(exposure.pixmap)
                _, missed, skipped = self._module.dodrizzle(
                    _in_scale_of_first(exposure, exposures),
                    None,
                    exposure.weight_map,
                    SimpleNamespace(pscale=params.grid.pixel_scale),
                    sci,
                    wht,
                    ctx,
                    exposure.exptime,
                    exposure.in_units,
                    1.0,
                    wcslin_pscale=exposure.pixel_scale,
                    uniqid=number + 1,
                    pixfrac=params.pixfrac,
                    kernel=params.kernel,
                    fillval="INDEF" if params.fillval is None else str(params.fillval),
                )
                nmiss += int(missed)
                nskip += int(skipped)
        finally:
            self._module.calc_pixmap = before
        return {
            "sci": _unscaled(sci, wht, exposures, params),
            "wht": wht,
            "ctx": ctx,
            "provenance": {"nmiss": nmiss, "nskip": nskip},
        }


class _Handing:
    """Stands in for `drizzle.calc_pixmap`, and hands out the pixmap that is there."""

    def __init__(self, pixmap: Any) -> None:
        self._pixmap = pixmap

    def calc_pixmap(self, first_wcs: Any, second_wcs: Any) -> Any:
        """Return the pixmap."""
        return self._pixmap


def load() -> Drizzle1Core | Drizzle2Core | Drizzle3Core:
    """Return the adapter of the installed release, chosen by what it offers.

    Raises
    ------
    ImportError
        If the package is not installed, cannot be imported, or has an interface that no adapter
        knows.
    """
    if importlib.util.find_spec("drizzle") is None:
        raise ImportError("drizzle is not installed")
    if importlib.util.find_spec("drizzle.resample") is None:
        return Drizzle1Core()
    resample = importlib.import_module("drizzle.resample")
    known = set(inspect.signature(resample.Drizzle.add_image).parameters)
    if {"iscale", "pixel_scale_ratio", "data2", "dq"} <= known:
        return Drizzle3Core()
    if "scale" in known:
        return Drizzle2Core()
    version = importlib.metadata.version("drizzle")
    raise ImportError(
        f"drizzle {version} is installed; its add_image has the parameters "
        f"{', '.join(sorted(known))}, for which there is no adapter"
    )


def _add_all(
    add: Callable[[Exposure, dict[str, Any]], Any],
    exposures: Sequence[Exposure],
    params: DrizzleParams,
) -> dict[str, int]:
    """Add exposures one after the other, and return what was missed and skipped in all.

    Parameters
    ----------
    add : callable
        Adds an exposure by `add_image`, with the arguments given, which all releases know.
    """
    nmiss = nskip = 0
    with warnings.catch_warnings():
        for message in ADVICE:
            warnings.filterwarnings("ignore", message=message)
        for exposure in exposures:
            common = {
                "exptime": exposure.exptime,
                "pixmap": exposure.pixmap,
                "weight_map": exposure.weight_map,
                "wht_scale": 1.0,
                "pixfrac": params.pixfrac,
                "in_units": exposure.in_units,
            }
            missed, skipped = add(exposure, common)
            nmiss += int(missed)
            nskip += int(skipped)
    return {"nmiss": nmiss, "nskip": nskip}


def _in_scale_of_first(exposure: Exposure, exposures: Sequence[Exposure]) -> Any:
    """Return the data, so that one factor undoes the convention of exposures of all scales."""
    reference = exposures[0].pixel_scale
    if exposure.pixel_scale == reference:
        return exposure.data
    return exposure.data * np.float32((exposure.pixel_scale / reference) ** 2)


def _unscaled(sci: Any, wht: Any, exposures: Sequence[Exposure], params: DrizzleParams) -> Any:
    """Undo the factor (output / input scale)^2 where anything fell."""
    factor = np.float32((exposures[0].pixel_scale / params.grid.pixel_scale) ** 2)
    np.multiply(sci, factor, out=sci, where=wht != 0)
    return sci
