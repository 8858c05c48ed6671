"""The oracle as a performer: what a request means when everything goes by the documentation.

The meaning of the arguments is that of `drizzle.resample.Drizzle.add_image`; the geometry is the
oracle's (`harness.cores.oracle_kernels`), which shares no code with any core.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from harness.cores.oracle_kernels import footprints
from harness.cores.request import (
    AnyRequest,
    BlotRequest,
    DrizzleRequest,
    ExtensionRequest,
    FilesRequest,
    RawImage,
    Reply,
)
from harness.discovery.blot_reference import blot
from harness.discovery.layout import plain
from harness.discovery.performer import TIME_LIMIT
from harness.errors import HarnessError
from harness.model import KERNELS, DrizzleParams, Exposure, OutputGrid

Floats = npt.NDArray[np.float64]
CONTEXT_BITS = 32
SMALLEST_WEIGHT = float(np.finfo(np.float32).smallest_subnormal) / 2


class OraclePerformer:
    """Performs requests exactly, and refuses what the documentation excludes."""

    name = "oracle"

    def perform(self, request: AnyRequest, *, time_limit: float = TIME_LIMIT) -> Reply:
        """Perform one request; see `harness.discovery.performer.Performer`."""
        if isinstance(request, ExtensionRequest | FilesRequest):
            return Reply(outcome="unsupported", message="an extension module, or files")
        try:
            with np.errstate(all="ignore"):
                if isinstance(request, BlotRequest):
                    return Reply(outcome="returned", sci=blot(request).astype(np.float32))
                return _drizzle(request)
        except HarnessError as error:
            return Reply(outcome="unsupported", message=str(error))
        except ValueError as error:
            return Reply(outcome="raised", error="ValueError", message=str(error))


def estimate_ratio(pixmap: Floats) -> float:
    """Return the pixel scale ratio, output over input, from the mean area of the pixels."""
    if min(pixmap.shape[:2]) < 2:
        # Of a single row only the length of its pixels is known; of one pixel nothing.
        steps = np.diff(pixmap.reshape(-1, 2), axis=0)
        return float(1 / np.hypot(*steps.T).mean()) if len(steps) else 1.0
    along = np.diff(pixmap, axis=1)[:-1]
    across = np.diff(pixmap, axis=0)[:, :-1]
    area = np.abs(along[..., 0] * across[..., 1] - along[..., 1] * across[..., 0])
    return float(1 / np.sqrt(area.mean()))


def _drizzle(request: DrizzleRequest) -> Reply:
    if request.kernel not in KERNELS or request.shape is None or not request.images:
        raise ValueError(f"kernel {request.kernel!r}, output {request.shape}")
    shape = request.shape
    sums = _Sums(request, shape)
    returned = [sums.add(image, request.kernel) for image in request.images]
    covered = sums.weight != 0
    fill = _fill(request.fillval)
    science = np.full(shape, fill)
    if request.previous is not None and request.fillval in (None, "INDEF"):
        science = plain(request.previous.sci, np.float64)
    np.divide(sums.science, sums.weight, out=science, where=covered)
    variance = []
    for image in sums.variance:
        # The fill value of variances is a separate argument of the core, by default NaN.
        mean = np.full(shape, np.nan)
        np.divide(image, sums.weight**2, out=mean, where=covered)
        variance.append(mean.astype(np.float32))
    with np.errstate(over="ignore"):
        return Reply(
            outcome="returned",
            sci=science.astype(np.float32),
            wht=sums.weight.astype(np.float32),
            ctx=sums.ctx if request.context else None,
            dq=sums.dq,
            variance=tuple(variance),
            returned=tuple(returned),
            attributes={"total_exptime": sums.exptime},
        )


def _fill(fillval: float | str | None) -> float:
    if fillval is None or (isinstance(fillval, str) and fillval.strip().upper() in ("", "INDEF")):
        return float("nan")
    return float(fillval)


class _Sums:
    """The sums of Fruchter & Hook's eqs. 4 and 5, on top of those of an earlier run."""

    def __init__(self, request: DrizzleRequest, shape: tuple[int, int]) -> None:
        previous = request.previous
        self.number = previous.images if previous else 0
        self.exptime = previous.exptime if previous else 0.0
        planes = (self.number + max(len(request.images), request.max_images or 0) - 1) // 32 + 1
        self.weight = plain(previous.wht, np.float64) if previous else np.zeros(shape)
        if self.weight.shape != shape:
            raise ValueError(f"weight of shape {self.weight.shape} for an output of {shape}")
        self.science = np.zeros(shape)
        if previous is not None:
            # The value of a pixel without weight is a fill value, and counts for nothing.
            np.multiply(
                plain(previous.sci, np.float64),
                self.weight,
                out=self.science,
                where=self.weight != 0,
            )
        self.ctx = np.zeros((planes, *shape), dtype=np.int32)
        if previous is not None and previous.ctx is not None:
            earlier = previous.ctx if previous.ctx.ndim == 3 else previous.ctx[None]
            self.ctx[: len(earlier)] = earlier[:planes]
        images = len(request.images[0].variance or ())
        if previous is not None and previous.variance:
            squares = self.weight**2
            self.variance = [
                np.where(self.weight != 0, plain(one, np.float64) * squares, 0.0)
                for one in previous.variance
                if one is not None
            ]
        else:
            self.variance = [np.zeros(shape) for _ in range(images)]
        has_dq = any(image.dq is not None for image in request.images)
        self.dq: npt.NDArray[np.uint32] | None = (
            np.zeros(shape, dtype=np.uint32) if has_dq else None
        )
        if previous is not None and previous.dq is not None:
            self.dq = plain(previous.dq, np.uint32)

    def add(self, image: RawImage, kernel: str) -> tuple[float, float]:
        """Add one image and return (nskip, nmiss)."""
        exposure, ratio = _checked(image)
        params = DrizzleParams(
            kernel=kernel,  # type: ignore[arg-type]
            pixfrac=image.pixfrac,
            grid=OutputGrid(shape=self.weight.shape, pixel_scale=ratio),
        )
        data = plain(exposure.data, np.float64).ravel() * image.iscale
        weight = plain(exposure.weight_map, np.float64).ravel()
        scale = image.exptime if image.in_units == "counts" else 1.0
        hit = np.zeros(data.size, dtype=bool)
        plane, bit = divmod(self.number, CONTEXT_BITS)
        touched = np.zeros(self.weight.shape, dtype=bool)
        for some in footprints(exposure, params):
            span_y, span_x = some.fraction.shape[:2]
            y = np.broadcast_to(some.y + np.arange(span_y)[:, None, None], some.fraction.shape)
            x = np.broadcast_to(some.x + np.arange(span_x)[:, None], some.fraction.shape)
            ny, nx = self.weight.shape
            given = some.fraction * weight[some.pixel]
            kept = (np.abs(given) >= SMALLEST_WEIGHT) & (y >= 0) & (y < ny) & (x >= 0) & (x < nx)
            where = (y[kept], x[kept])
            source = np.broadcast_to(some.pixel, kept.shape)[kept]
            np.add.at(self.weight, where, given[kept])
            np.add.at(self.science, where, given[kept] * data[source] / scale)
            for total, one in zip(self.variance, image.variance or (), strict=False):
                if one is not None:
                    values = plain(one, np.float64).ravel()[source]
                    factor = (image.iscale / scale) ** 2
                    np.add.at(total, where, given[kept] ** 2 * values * factor)
            if self.dq is not None and image.dq is not None:
                np.bitwise_or.at(self.dq, where, plain(image.dq, np.uint32).ravel()[source])
            touched[where] = True
            hit[source] = True
        self.ctx[plane][touched] |= np.uint32(1 << bit).astype(np.int32)
        self.number += 1
        self.exptime += image.exptime
        box = in_limits(image)
        missed = box & ~hit.reshape(box.shape)
        lines = missed.sum(axis=1) == box.sum(axis=1)
        return float((lines & box.any(axis=1)).sum()), float(missed.sum())


def in_limits(image: RawImage) -> npt.NDArray[np.bool_]:
    """Return which pixels lie in the limits (xmin, xmax, ymin, ymax), inclusive, from zero.

    A limit of zero is none, says the documentation, also for the maxima.

    Returns
    -------
    ndarray, (ny, nx), bool
        True inside.
    """
    ny, nx = image.data.shape
    xmin, xmax, ymin, ymax = (
        value or default
        for value, default in zip(image.limits, (0, nx - 1, 0, ny - 1), strict=True)
    )
    y, x = np.indices((ny, nx))
    return np.asarray((x >= xmin) & (x <= xmax) & (y >= ymin) & (y <= ymax))


def _checked(image: RawImage) -> tuple[Exposure, float]:
    if image.data.ndim != 2 or not image.data.size:
        raise ValueError(f"data of shape {image.data.shape}")
    pixmap = plain(image.pixmap, np.float64)
    if pixmap.shape != (*image.data.shape, 2):
        raise ValueError(f"pixmap of shape {pixmap.shape} for data of {image.data.shape}")
    if not (0 < image.exptime < np.inf):
        raise ValueError(f"exptime {image.exptime}")
    if not (0 <= image.pixfrac < np.inf):
        raise ValueError(f"pixfrac {image.pixfrac}")
    if image.in_units not in ("cps", "counts"):
        raise ValueError(f"in_units {image.in_units!r}")
    ratio = image.pixel_scale_ratio
    if ratio is None:
        ratio = estimate_ratio(pixmap)
    if not 0 < ratio < np.inf:
        raise ValueError(f"pixel_scale_ratio {ratio}")
    for name, array in {"weight": image.weight, "dq": image.dq}.items():
        if array is not None and array.shape != image.data.shape:
            raise ValueError(f"{name} of shape {array.shape} for data of {image.data.shape}")
    if image.dq is not None and (image.dq.dtype.kind not in "iu" or image.dq.dtype.itemsize > 4):
        raise ValueError(f"dq of type {image.dq.dtype}")
    weight = np.ones(image.data.shape) if image.weight is None else image.weight
    with np.errstate(all="ignore"):
        scaled = plain(weight, np.float64) * image.weight_scale
    scaled[~in_limits(image) | ~np.isfinite(scaled)] = 0.0
    return (
        Exposure(
            name="image",
            data=plain(image.data, np.float64),
            weight_map=scaled,  # type: ignore[arg-type]
            exptime=image.exptime,
            in_units="cps",
            pixel_scale=1.0,
            pixmap=pixmap,
        ),
        float(ratio),
    )
