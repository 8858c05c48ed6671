"""A core that drizzles in another environment, through its isolated worker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from harness.cores.request import DrizzleRequest, RawImage, Reply, Request, make_pixmap
from harness.errors import CoreError
from harness.model import KERNELS, DrizzleParams, Exposure

CONSERVING = ("square", "point", "turbo")
"""Kernels that conserve flux and weight by their definition (Fruchter & Hook 2002)."""
TIME_LIMIT = 600.0
"""Seconds for all exposures of a case; the largest take a core half a minute."""


class Performing(Protocol):
    """What answers requests: `harness.cores.worker.Worker`, or another of its kind."""

    def perform(self, request: Request, *, time_limit: float) -> Reply:
        """Perform one request."""
        ...


class RemoteCore:
    """A core behind a performer of requests, as `harness.cores.protocol.DrizzleCore`.

    What it can do, and whether it multiplies science values by the square of the ratio of the
    pixel scales, is learnt by asking it.

    Parameters
    ----------
    performer : Performing
        A started worker.
    name, version : str
        Of the core.
    time_limit : float, optional
        Seconds for one run.

    Attributes
    ----------
    replies : tuple of Reply
        That of the last run: its warnings, and what it modified.
    """

    def __init__(
        self, performer: Performing, name: str, version: str, *, time_limit: float = TIME_LIMIT
    ) -> None:
        self._performer = performer
        self._time_limit = time_limit
        self.name = name
        self.version = version
        self.replies: tuple[Reply, ...] = ()
        self.scales_science = self._find_convention()
        self.capabilities = self._find_capabilities()

    def drizzle(self, exposures: Sequence[Exposure], params: DrizzleParams) -> dict[str, Any]:
        """Combine exposures; see `harness.cores.protocol.DrizzleCore.drizzle`.

        Raises
        ------
        CoreError
            If the core refuses, dies, or does not come back.
        """
        request = self._request(exposures, params)
        reply = self._performer.perform(request, time_limit=self._time_limit)
        self.replies = (reply,)
        if reply.outcome != "returned":
            raise CoreError(
                f"{reply.outcome.replace('_', ' ')} {reply.error}: {reply.message.strip()[-400:]}",
                where=f"core {self.name} {self.version}",
            )
        sci = reply.sci
        if self.scales_science and sci is not None:
            factor = np.float32((exposures[0].pixel_scale / params.grid.pixel_scale) ** 2)
            sci = sci.copy()
            # Where nothing fell there is the fill value, which no core scales.
            np.multiply(sci, factor, out=sci, where=np.asarray(reply.wht != 0))
        returned = np.array(reply.returned or [(0, 0)])
        return {
            "sci": sci,
            "wht": reply.wht,
            "ctx": reply.ctx,
            "dq": reply.dq,
            "variance": reply.variance,
            "provenance": {
                "returned": tuple(float(total) for total in returned.sum(axis=0)),
                "warnings": reply.warnings,
                "seconds_in_core": reply.seconds,
                "modified_by_core": reply.modified,
            },
        }

    def _request(self, exposures: Sequence[Exposure], params: DrizzleParams) -> DrizzleRequest:
        able = self.capabilities
        reference = exposures[0].pixel_scale
        images = []
        for exposure in exposures:
            data = exposure.data
            if self.scales_science and exposure.pixel_scale != reference:
                # One factor undoes the convention of all exposures only if they share a scale.
                data = data * np.float32((exposure.pixel_scale / reference) ** 2)
            assert exposure.pixmap is not None  # noqa: S101 - checked by run_core
            images.append(
                RawImage(
                    data=data,
                    pixmap=exposure.pixmap,
                    weight=exposure.weight_map,
                    exptime=exposure.exptime,
                    in_units=exposure.in_units,
                    pixfrac=params.pixfrac,
                    pixel_scale_ratio=params.grid.pixel_scale / exposure.pixel_scale,
                    dq=exposure.dq if able["dq"] else None,
                    variance=exposure.variance or None if able["variance"] else None,
                )
            )
        ny, nx = params.grid.shape
        return DrizzleRequest(
            images=tuple(images), kernel=params.kernel, shape=(ny, nx), fillval=params.fillval
        )

    def _find_convention(self) -> bool:
        reply = self._try(replace(_plain(pixel_scale_ratio=0.5), kernel="point"))
        if reply.outcome != "returned" or reply.sci is None:
            raise CoreError(
                f"does not drizzle 3x3 ones: {reply.outcome} {reply.error} {reply.message}".strip(),
                where=f"core {self.name} {self.version}",
            )
        # A quarter or one: nothing between them is a convention.
        return float(np.nanmedian(reply.sci)) < 0.5

    def _find_capabilities(self) -> dict[str, Any]:
        ones = np.ones((3, 3), dtype=np.float32)
        kernels = {one for one in KERNELS if self._can(replace(_plain(), kernel=one))}
        return {
            "kernels": kernels,
            "flux_conserving": kernels & set(CONSERVING),
            "context": self._try(_plain()).ctx is not None,
            "dq": self._can(_plain(dq=np.ones((3, 3), dtype=np.uint32))),
            "variance": self._can(_plain(variance=(ones,))),
            "units": {"cps", "counts"},
        }

    def _can(self, request: DrizzleRequest) -> bool:
        return self._try(request).outcome == "returned"

    def _try(self, request: DrizzleRequest) -> Reply:
        return self._performer.perform(request, time_limit=self._time_limit)


def _plain(**fields: Any) -> DrizzleRequest:
    """Return one image of 3x3 ones drizzled where it is."""
    ones = np.ones((3, 3), dtype=np.float32)
    image = RawImage(data=ones, pixmap=make_pixmap((3, 3)), weight=ones.copy())
    return DrizzleRequest(images=(replace(image, **fields),), shape=(3, 3), fillval=0.0)
