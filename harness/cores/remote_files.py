"""A pipeline on files that runs in another environment, through its isolated worker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from harness.cores.remote import CONSERVING
from harness.cores.request import FiledExposure, FilesRequest, Reply
from harness.errors import CoreError
from harness.model import KERNELS, DrizzleParams, Exposure

TIME_LIMIT = 600.0
"""Seconds for all files of a case; AstroDrizzle takes one to ten."""


class PerformingFiles(Protocol):
    """What answers requests of files: `harness.cores.worker.Worker`, or another of its kind."""

    def perform(self, request: FilesRequest, *, time_limit: float) -> Reply:
        """Perform one request."""
        ...


class RemoteFileCore:
    """AstroDrizzle behind a performer of requests, as `harness.cores.protocol.DrizzleCore`.

    It has no twin: the core that would make the same of the arrays is in the other environment.

    Parameters
    ----------
    performer : PerformingFiles
        A worker of the core "astrodrizzle"; it need not be started.
    name, version : str
    time_limit : float, optional
        Seconds for one run.

    Attributes
    ----------
    reply : Reply or None
        That of the last run: its warnings, and what its log complains of.
    """

    def __init__(
        self, performer: PerformingFiles, name: str, version: str, *, time_limit: float = TIME_LIMIT
    ) -> None:
        self._performer = performer
        self._time_limit = time_limit
        self.name = name
        self.version = version
        self.reply: Reply | None = None
        self.capabilities = {
            "kernels": set(KERNELS),
            "flux_conserving": set(CONSERVING),
            "context": True,
            "units": {"cps", "counts"},
            "files": True,
        }

    def drizzle(self, exposures: Sequence[Exposure], params: DrizzleParams) -> dict[str, Any]:
        """Combine exposures; see `harness.cores.protocol.DrizzleCore.drizzle`.

        Raises
        ------
        CoreError
            If the pipeline raises, dies, does not come back, or makes no product.
        """
        self.reply = None
        reply = self._performer.perform(
            make_request(exposures, params), time_limit=self._time_limit
        )
        self.reply = reply
        if reply.outcome != "returned":
            raise CoreError(
                f"{reply.outcome.replace('_', ' ')} {reply.error}: {reply.message.strip()[-400:]}",
                where=f"core {self.name} {self.version}",
            )
        return {
            "sci": reply.sci,
            "wht": reply.wht,
            "ctx": reply.ctx,
            "provenance": {
                "warnings": reply.warnings,
                "seconds_in_core": reply.seconds,
                **reply.attributes,
            },
        }


def make_request(exposures: Sequence[Exposure], params: DrizzleParams) -> FilesRequest:
    """Return a run of a pipeline as it can be sent: names of files, and the grid in numbers."""
    grid = params.grid
    wcs = grid.wcs.wcs
    matrix = grid.wcs.pixel_scale_matrix
    return FilesRequest(
        exposures=tuple(_filed(one) for one in exposures),
        kernel=params.kernel,
        pixfrac=params.pixfrac,
        weighting=params.weighting,
        bits=params.bits,
        fillval=params.fillval,
        shape=(int(grid.shape[0]), int(grid.shape[1])),
        pixel_scale=float(grid.pixel_scale),
        ctype=(str(wcs.ctype[0]), str(wcs.ctype[1])),
        crpix=(float(wcs.crpix[0]), float(wcs.crpix[1])),
        crval=(float(wcs.crval[0]), float(wcs.crval[1])),
        cd=(
            (float(matrix[0, 0]), float(matrix[0, 1])),
            (float(matrix[1, 0]), float(matrix[1, 1])),
        ),
    )


def _filed(exposure: Exposure) -> FiledExposure:
    ny, nx = exposure.data.shape
    return FiledExposure(
        name=exposure.name,
        path=str(exposure.path),
        chip=exposure.chip,
        shape=(ny, nx),
        exptime=exposure.exptime,
        in_units=exposure.in_units,
        sky=exposure.sky,
        flat=exposure.flat,
    )
