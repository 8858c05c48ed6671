"""The oracle: drizzle as a linear operator in float64, the truth that cores are judged by.

Written from Fruchter & Hook 2002 (PASP 114, 144), eqs. 3 to 5: with a the fraction of a drop on
an output pixel and w the weight of its input pixel, the output weight is W = sum a w and the
science value sum a w d / W. Variances follow exactly: sum (a w)^2 v / W^2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.cores.oracle_kernels import footprints
from harness.cores.oracle_sums import OracleProduct, Sums
from harness.errors import CoreError
from harness.model import KERNELS, Capabilities, DrizzledProduct, DrizzleParams, Exposure

VERSION = "1"
"""Rises whenever a result of the oracle changes; records carry it."""
FLUX_CONSERVING = frozenset({"square", "point", "turbo"})


@dataclass(frozen=True, slots=True)
class OracleCore:
    """The oracle as a core, so that the same gate can judge it.

    Attributes
    ----------
    name : str
        "oracle".
    version : str
        Raised whenever the numbers change.
    """

    name: str = "oracle"
    version: str = VERSION

    @property
    def capabilities(self) -> Capabilities:
        """All kernels and images; lanczos as `drizzle` tabulates it (see `oracle_kernels`)."""
        return Capabilities(
            kernels=frozenset(KERNELS),
            flux_conserving=FLUX_CONSERVING,
            context=True,
            dq=True,
            variance=True,
            units=frozenset({"cps", "counts"}),
        )

    def drizzle(self, exposures: Sequence[Exposure], params: DrizzleParams) -> DrizzledProduct:
        """Combine exposures; see `combine`, of which this is the float32 form.

        Parameters
        ----------
        exposures : sequence of Exposure
            With pixmaps.
        params : DrizzleParams
            All kernels; pixfrac from 0 to 1.

        Returns
        -------
        DrizzledProduct
            float32; with context and, where the exposures have them, variance and DQ.

        Raises
        ------
        CoreError
            As `combine`.
        UnsupportedCaseError
            Likewise.
        """
        exact = combine(exposures, params)
        return DrizzledProduct(
            sci=exact.sci.astype(np.float32),
            wht=exact.wht.astype(np.float32),
            ctx=exact.ctx,
            variance=tuple(image.astype(np.float32) for image in exact.variance),
            dq=exact.dq,
            grid=exact.grid,
            provenance={
                "core": self.name,
                "version": self.version,
                "kernel": params.kernel,
                "pixfrac": params.pixfrac,
                "exposures": len(exposures),
            },
        )


def load() -> OracleCore:
    """Return the oracle (entry point of the group `drizzle_harness.cores`)."""
    return OracleCore()


def combine(exposures: Sequence[Exposure], params: DrizzleParams) -> OracleProduct:
    """Drizzle exposures exactly.

    Parameters
    ----------
    exposures : sequence of Exposure
        With pixmaps on `params.grid`. Pixels of weight zero, or whose drop has a corner (point,
        turbo, gaussian, lanczos: the centre) that is not finite, contribute nothing.
    params : DrizzleParams
        What is asked for.

    Returns
    -------
    OracleProduct

    Raises
    ------
    CoreError, UnsupportedCaseError
        See `oracle_kernels.footprints`; and where there is no exposure, or an exposure time that
        counts cannot be divided by.
    """
    if not exposures:
        raise CoreError("no exposures", where="oracle", remedy="Pass at least one")
    shape = params.grid.shape
    sums = Sums(shape, exposures)
    for number, exposure in enumerate(exposures):
        data = count_rate(exposure.data, exposure).ravel()
        weight = exposure.weight_map.ravel()
        variance = [
            count_rate(image, exposure, power=2).ravel()
            for image in exposure.variance[: len(sums.variance)]
        ]
        dq = None if exposure.dq is None else exposure.dq.ravel()
        for some in footprints(exposure, params):
            sums.add(some, number, data, weight, variance, dq)
    return sums.divide(params)


def count_rate(image: Any, exposure: Exposure, power: int = 1) -> Any:
    """Return an image in counts/s, to the given power; without a copy where it already is.

    Parameters
    ----------
    image : ndarray, (ny, nx), or None
        In the unit of the exposure to that power.
    exposure : Exposure
        Tells unit and exposure time, s.
    power : int, optional
        2 for a variance.

    Raises
    ------
    CoreError
        If data in counts have no positive exposure time.
    """
    if exposure.in_units == "cps":
        return image
    if not exposure.exptime > 0:
        raise CoreError(
            f"exposure time {exposure.exptime} s",
            where=f"oracle, exposure {exposure.name}",
            allowed="a positive time for data in counts",
        )
    return image / np.float64(exposure.exptime) ** power
