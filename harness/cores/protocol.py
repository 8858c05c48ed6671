"""What a drizzle core is to the harness: a structural protocol, nothing to inherit from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from harness.model import DrizzleParams, Exposure


@runtime_checkable
class DrizzleCore(Protocol):
    """A core under test.

    A third party need not import `harness`: the exposures and parameters are read by attribute
    (see `harness.model.Exposure` and `DrizzleParams` for names, shapes, types and units), the
    capabilities may be a plain mapping with the fields of `harness.model.Capabilities`, and the
    product may be any object, or mapping, with `sci` and `wht`, and where the core has them
    `ctx`, `variance`, `dq` and `provenance` (see `harness.model.DrizzledProduct`).

    A core whose imports are slow may leave them to a method `prepare()`, without arguments: it is
    called before the first `drizzle`, outside the time that is taken, and not at all where only
    name, version and capabilities are asked. Where most of that import has no part in drizzling,
    a method `lean()` may return a core that gives the same pixels without it.

    Attributes
    ----------
    name : str
        Short name for reports and options.
    version : str
        Version of the code that drizzles, not of the adapter.
    capabilities : Capabilities or mapping
        What the core can do.
    """

    name: str
    version: str

    @property
    def capabilities(self) -> Any:
        """Fields of `harness.model.Capabilities`, as that type or as a mapping."""

    def drizzle(self, exposures: Sequence[Exposure], params: DrizzleParams) -> Any:
        """Combine exposures.

        Parameters
        ----------
        exposures : sequence
            Each with `data`, `weight_map` ((ny, nx) float32), `pixmap` ((ny, nx, 2) float64,
            (x, y) on the output), `exptime` (s), `in_units`, `pixel_scale` (arcsec), and perhaps
            `dq` (uint32) and `variance`. They must not be modified.
        params : object
            `kernel`, `pixfrac`, `grid` (`shape`, `pixel_scale`), `weighting`, `fillval`, `bits`.

        Returns
        -------
        object or mapping
            `sci` in counts/s per input-pixel area, `wht`, and what else the core has.
        """
