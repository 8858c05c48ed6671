"""One drizzle run: capability, call, product."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.cores.capability import check_capability
from harness.cores.fence import fence_in, is_overrun
from harness.cores.lending import LentStream
from harness.cores.product import wrap_product
from harness.cores.protocol import DrizzleCore
from harness.cores.registry import prepare_core
from harness.errors import CoreError, GeometryError, HarnessError, UnsupportedCaseError, UsageError
from harness.exposure_arrays import arrays_of, with_arrays
from harness.exposure_stream import ExposureStream
from harness.model import DrizzledProduct, DrizzleParams, Exposure
from harness.rows import row_blocks


def run_core(
    core: DrizzleCore,
    exposures: Sequence[Exposure],
    params: DrizzleParams,
    *,
    check_inputs: bool = True,
) -> DrizzledProduct:
    """Drizzle exposures with one core.

    Parameters
    ----------
    core : DrizzleCore
        As `harness.cores.registry.load_core` returns it.
    exposures : sequence of Exposure
        With pixmaps on `params.grid`, or with files for a core that reads files.
    params : DrizzleParams
    check_inputs : bool, optional
        Give the core copies of all input arrays, each between fences, and see what it writes to
        them and beside them; the next core gets the same input.

    Returns
    -------
    DrizzledProduct
        Its provenance holds "core", "version", "kernel", "pixfrac", "weighting", "pixel_scale"
        (arcsec), "exposures" (their number), "seconds" (wall time of the core's call alone),
        "modified_inputs" (names such as "ib1f19l6q[1].data"; None where not checked),
        "overrun_inputs" (those beside which was written; None where not checked, or where the
        exposures are spooled), and whatever the core added.

    Raises
    ------
    UsageError
        If there are no exposures, their arrays do not fit each other, or pixfrac is not in 0 to 1.
    GeometryError
        If an exposure has no pixmap and the core needs it.
    UnsupportedCaseError
        If the core's capabilities exclude the case.
    CoreError
        If the core fails, declines what its capabilities include, or returns arrays of the wrong
        shape or type.
    """
    _check_params(exposures, params)
    capabilities = check_capability(core, exposures, params)
    first = exposures[0]
    for exposure in exposures:
        _check_exposure(exposure, first, needs_pixmap=not capabilities.files)
    prepare_core(core)
    checked = _Checked(exposures) if check_inputs else None
    start = perf_counter()
    try:
        returned = core.drizzle(exposures if checked is None else checked.lent, params)
    except UnsupportedCaseError as error:
        # What the capabilities exclude was seen above; a core that promises and declines fails.
        raise CoreError(
            f"declined what its capabilities include: {error}",
            where=f"core {core.name} {core.version}, {_case_of(exposures, params)}",
            remedy="Correct the capabilities or the core",
        ) from error
    except HarnessError:
        raise
    except (Exception, SystemExit) as error:
        raise CoreError(
            f"failed with {type(error).__name__}: {error} ({_place_of(error)})",
            where=f"core {core.name} {core.version}, {_case_of(exposures, params)}",
        ) from error
    finally:
        seconds = perf_counter() - start
        modified = None if checked is None else checked.find_modified()
        overrun = None if checked is None else checked.find_overrun()
    provenance: Mapping[str, Any] = {
        "core": core.name,
        "version": core.version,
        "kernel": params.kernel,
        "pixfrac": params.pixfrac,
        "weighting": params.weighting,
        "pixel_scale": params.grid.pixel_scale,
        "exposures": len(exposures),
        "seconds": seconds - (0.0 if checked is None else checked.seconds),
        "modified_inputs": modified,
        "overrun_inputs": overrun,
    }
    return wrap_product(core, capabilities, returned, exposures, params, provenance)


def _place_of(error: BaseException) -> str:
    """Return where an exception was raised, as "file.py:line in function"."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(last.filename).name}:{last.lineno} in {last.name}"


def _case_of(exposures: Sequence[Exposure], params: DrizzleParams) -> str:
    return (
        f"{len(exposures)} exposures, kernel {params.kernel}, pixfrac {params.pixfrac}, "
        f"scale {params.grid.pixel_scale} arcsec"
    )


def _check_params(exposures: Sequence[Exposure], params: DrizzleParams) -> None:
    if not exposures:
        raise UsageError("no exposures", where="drizzle run", remedy="Pass at least one")
    if not 0.0 <= params.pixfrac <= 1.0:
        raise UsageError(f"pixfrac is {params.pixfrac}", where="drizzle run", allowed="0 to 1")
    ny, nx = params.grid.shape
    if ny < 1 or nx < 1 or not params.grid.pixel_scale > 0:
        raise UsageError(
            f"the output grid is {ny} x {nx} pixels of {params.grid.pixel_scale} arcsec",
            where="drizzle run",
            allowed="positive numbers",
        )


def _check_exposure(exposure: Exposure, first: Exposure, *, needs_pixmap: bool) -> None:
    where = f"exposure {exposure.name}[{exposure.chip}]"
    if needs_pixmap and exposure.pixmap is None:
        raise GeometryError(
            "has no pixmap", where=where, remedy="Call harness.geometry.project first"
        )
    for name, array in arrays_of(exposure).items():
        allowed = (*exposure.data.shape, 2) if name == "pixmap" else exposure.data.shape
        kind = np.dtype({"dq": np.uint32, "pixmap": np.float64}.get(name, np.float32))
        if array.ndim != len(allowed) or array.shape != allowed or array.dtype != kind:
            raise UsageError(
                f"{name} is {array.dtype} of shape {array.shape}",
                where=where,
                allowed=f"{kind} of shape {allowed}",
            )
    if exposure.data.ndim != 2:
        raise UsageError(f"data has {exposure.data.ndim} axes", where=where, allowed="2 axes")
    if not (exposure.exptime > 0 and exposure.pixel_scale > 0):
        raise UsageError(
            f"exptime is {exposure.exptime} s, pixel_scale {exposure.pixel_scale} arcsec",
            where=where,
            allowed="positive numbers",
        )
    if len(exposure.variance) != len(first.variance):
        raise UsageError(
            f"has {len(exposure.variance)} variance images, "
            f"{first.name}[{first.chip}] has {len(first.variance)}",
            where=where,
            allowed="the same number in all exposures of a run",
        )


class _Checked:
    """The inputs of a core, as it gets them, and what it takes to see whether it changed them.

    A core gets copies of exposures in memory, each between fences; spooled ones are compared with
    their files, which no core can reach.
    """

    def __init__(self, exposures: Sequence[Exposure]) -> None:
        self.seconds = 0.0
        if isinstance(exposures, ExposureStream):
            self.lent: Sequence[Exposure] = LentStream(exposures)
            return
        self._given = exposures
        self._fenced = [
            {name: fence_in(array) for name, array in arrays_of(exposure).items()}
            for exposure in exposures
        ]
        self.lent = tuple(
            with_arrays(exposure, {name: one.array for name, one in fenced.items()})
            for exposure, fenced in zip(exposures, self._fenced, strict=True)
        )

    def find_modified(self) -> tuple[str, ...]:
        """Return the names of the arrays that were changed."""
        if isinstance(self.lent, LentStream):
            self.seconds = self.lent.seconds
            return self.lent.finish()
        return tuple(
            f"{exposure.name}[{exposure.chip}].{name}"
            for exposure, fenced in zip(self._given, self._fenced, strict=True)
            for name, array in arrays_of(exposure).items()
            if not _same_bits(array, fenced[name].array)
        )

    def find_overrun(self) -> tuple[str, ...] | None:
        """Return the names of the arrays beside which was written; None for spooled ones."""
        if isinstance(self.lent, LentStream):
            return None
        return tuple(
            f"{exposure.name}[{exposure.chip}].{name}"
            for exposure, fenced in zip(self._given, self._fenced, strict=True)
            for name, one in fenced.items()
            if is_overrun(one)
        )


def _same_bits(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> bool:
    # As integers, so that NaN equals itself.
    kind = np.dtype(f"u{one.dtype.itemsize}")
    blocks = row_blocks((len(one), max(1, one[:1].size)))
    return all(np.array_equal(one[rows].view(kind), other[rows].view(kind)) for rows in blocks)
