"""Holes and uniformity of the weight over pixfrac: the curve from which observers choose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.cores.call import run_core
from harness.cores.protocol import DrizzleCore
from harness.geometry import region_mask
from harness.metrics.coverage import measure_coverage
from harness.metrics.weight import measure_weight_uniformity
from harness.model import FULL_COVERAGE, Kernel
from harness.trials.case import Case
from harness.trials.exposures import FrameAccess, exposures_of, filed_exposures_of
from harness.trials.truth import params_of

PIXFRACS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """What one core makes of one pixfrac where all exposures overlap.

    Attributes
    ----------
    core : str
    pixfrac : float
    holes : float
        coverage.hole_fraction.
    largest_hole : float
        coverage.largest_hole, output pixels.
    uniformity, uniformity_positive : float or None
        weight.rms_over_median and weight.rms_over_median_positive; None where the median is 0.
    """

    core: str
    pixfrac: float
    holes: float | None
    largest_hole: float | None
    uniformity: float | None
    uniformity_positive: float | None


def trace_curve(
    cores: Iterable[DrizzleCore],
    source: str,
    *,
    scale: float,
    kernel: Kernel = "square",
    pixfracs: Sequence[float] = PIXFRACS,
    frames_dir: Path | None = None,
) -> tuple[CurvePoint, ...]:
    """Drizzle a source over pixfrac with some cores.

    Parameters
    ----------
    cores : iterable of DrizzleCore
    source : str
        "scene/NAME" or "frames/NAME".
    scale : float
        Output scale as a fraction of the native one.
    kernel : str, optional
    pixfracs : sequence of float, optional
    frames_dir : Path, optional
        Where real frames are looked for first.

    Returns
    -------
    tuple of CurvePoint
        Core by core in the order given, each over `pixfracs`.

    Raises
    ------
    HarnessError
        If the exposures cannot be had, or a core fails.
    """
    access = FrameAccess(folder=frames_dir)
    points = []
    for core in cores:
        for pixfrac in pixfracs:
            case = Case(source=source, kernel=kernel, pixfrac=pixfrac, scale=scale)
            made = exposures_of(case, access)
            ready = filed_exposures_of(case, access) if _reads_files(core) else made
            product = run_core(core, ready.exposures, params_of(case, ready), check_inputs=False)
            mask = region_mask(FULL_COVERAGE, made.grid, made.exposures)
            holes, _, largest = measure_coverage(product.wht, mask, FULL_COVERAGE.name)
            spread, positive = measure_weight_uniformity(product.wht, mask, FULL_COVERAGE.name)
            points.append(
                CurvePoint(
                    core=core.name,
                    pixfrac=pixfrac,
                    holes=holes.value,
                    largest_hole=largest.value,
                    uniformity=spread.value,
                    uniformity_positive=positive.value,
                )
            )
    return tuple(points)


def _reads_files(core: DrizzleCore) -> bool:
    from harness.cores.capability import capabilities_of

    return capabilities_of(core).files
