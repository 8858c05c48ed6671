"""The `drizzle` package of STScI, one adapter for each generation of its interface."""

from __future__ import annotations

import importlib
import importlib.metadata
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.model import DrizzleParams, Exposure

ADVICE = (
    r"Kernel '\w+' is not a flux-conserving kernel",
    r"In lanczos kernel, pixel_fraction is ignored",
    r"Kernel reset to 'point'",
)
"""Warnings of the package that its capabilities, or the parameters, already tell."""


class Drizzle3Core:
    """`drizzle.resample.Drizzle` as it is since 3.0.

    It takes the scale of the kernel (`pixel_scale_ratio`) apart from that of the data (`iscale`),
    adds variances with squared weights, and combines DQ bits.
    """

    name = "drizzle"

    def __init__(self) -> None:
        self._resample: Any = None
        self.version = importlib.metadata.version("drizzle")
        self.capabilities = {
            "kernels": {"square", "point", "turbo", "gaussian", "lanczos2", "lanczos3"},
            "flux_conserving": {"square", "point", "turbo"},
            "context": True,
            "dq": True,
            "variance": True,
            "units": {"cps", "counts"},
        }

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
        nmiss = nskip = 0
        with warnings.catch_warnings():
            for message in ADVICE:
                warnings.filterwarnings("ignore", message=message)
            for exposure in exposures:
                missed, skipped = product.add_image(
                    exposure.data,
                    exptime=exposure.exptime,
                    pixmap=exposure.pixmap,
                    data2=list(exposure.variance) or None,
                    dq=exposure.dq,
                    iscale=1.0,
                    pixel_scale_ratio=params.grid.pixel_scale / exposure.pixel_scale,
                    weight_map=exposure.weight_map,
                    wht_scale=1.0,
                    pixfrac=params.pixfrac,
                    in_units=exposure.in_units,
                )
                nmiss += int(missed)
                nskip += int(skipped)
        return {
            "sci": product.out_img,
            "wht": product.out_wht,
            "ctx": product.out_ctx,
            "variance": tuple(product.out_img2 or ()),
            "dq": product.out_dq,
            "provenance": {"nmiss": nmiss, "nskip": nskip},
        }


ADAPTERS: dict[int, type[Drizzle3Core]] = {3: Drizzle3Core}
"""Major version of the package to the adapter of its interface."""


def load() -> Drizzle3Core:
    """Return the adapter of the installed version.

    Raises
    ------
    ImportError
        If the package is not installed, cannot be imported, or has an interface that no adapter
        knows.
    """
    version = importlib.metadata.version("drizzle")
    major = int(version.split(".")[0])
    if major not in ADAPTERS:
        known = ", ".join(f"{number}.x" for number in ADAPTERS)
        raise ImportError(f"drizzle {version} is installed; there are adapters for {known}")
    return ADAPTERS[major]()
