"""What the properties share: calls, variants of requests, honest tolerances."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.cores.oracle_kernels import POINT_PIXFRAC
from harness.cores.request import DrizzleRequest, RawImage, Reply, Request
from harness.discovery.subject import Subject
from harness.discovery.violation import Violation, compare
from harness.metrics.allowance import science_allowance, science_weight_floor, weight_allowance

AnyArray = npt.NDArray[Any]

CLEAR = 1e-6
"""Output pixels from a boundary at which a kernel steps: nearer than this, rounding of positions
decides on which side a core finds itself."""
WEIGHT_FLOOR = 1e-6
"""Fraction of the largest weight below which science is not judged: an overlap so small holds few
correct digits in float32 arithmetic, and the mean over it none."""
WINGED = ("gaussian", "lanczos2", "lanczos3")
"""Kernels that reach beyond the drop with weights as small as they like."""
GAUSSIAN_REACHES = (1.2, 2.5 / 2.3548)
"""Reach of a Gaussian: input pixels, and in units of its FWHM (see `oracle_kernels`)."""
LANCZOS_STEPS = (0.003, 0.01)
"""Input pixels between the entries of the cores' lanczos tables."""
TOLERANCE = (
    "weight: 6e-8 (4 + 2 sqrt n) of the largest for square, point and turbo with n input pixels, "
    "1e-6 for gaussian and lanczos; science: the same of the largest |data|, 5e-4 for lanczos, "
    "where the weight is above 1e-6 (lanczos: 1e-3) of its largest value; the largest weight is "
    "that of the input for gaussian and lanczos, where it is larger"
)
"""The allowance of `harness.metrics.allowance`, in words."""
TWICE = f"twice: {TOLERANCE}"
MEAN = "Fruchter & Hook 2002 (PASP 114, 144), eqs. 4 and 5"
"""Where the weighted mean is defined."""
VARIANCE_FACTOR = 6
"""Relative error of a variance over that of a weight: squares of weights, twice, and a division by
the square of their sum."""
STEP_FREE = ("square", "point", "turbo", "gaussian")
"""Kernels without a table: rounding of a position does not move them to another entry."""


def replies(subject: Subject, *requests: Request) -> list[Reply] | None:
    """Perform requests; None where one gave no result, which is another property's matter."""
    answers = []
    for request in requests:
        reply = subject.perform(request)
        if reply.outcome != "returned":
            return None
        answers.append(reply)
    return answers


def each_image(request: DrizzleRequest, change: Callable[[RawImage], RawImage]) -> DrizzleRequest:
    """Return the request with every image changed."""
    return replace(request, images=tuple(change(image) for image in request.images))


def weight_of(image: RawImage) -> AnyArray:
    """Return the weight map of an image; ones where the core takes its default.

    Parameters
    ----------
    image : RawImage
        Only looked at.

    Returns
    -------
    ndarray, (ny, nx)
        That of the image, not a copy, or float32.
    """
    if image.weight is None:
        return np.ones(image.data.shape, dtype=np.float32)
    return image.weight


def pixels_in(request: DrizzleRequest) -> int:
    """Return the number of input pixels: no output pixel has more contributions."""
    return sum(int(image.data.size) for image in request.images)


def largest_data(subject: Subject, request: DrizzleRequest) -> float:
    """Return the largest |data| of a request, in the units of the science image."""
    largest = 0.0
    for image in request.images:
        values = np.abs(np.asarray(image.data, dtype=np.float64) * subject.science_factor(image))
        largest = max(largest, float(np.max(values, initial=0.0)))
    return largest


def largest_weight(request: DrizzleRequest) -> float:
    """Return the largest |weight| of the images."""
    largest = 0.0
    for image in request.images:
        weights = np.abs(np.asarray(weight_of(image), dtype=np.float64) * image.weight_scale)
        largest = max(largest, float(np.max(weights, initial=0.0)))
    return largest


def compare_variances(
    request: DrizzleRequest,
    seen: Reply,
    truth: Reply,
    relative: float,
    *,
    where: AnyArray,
    why: str = ", by sum (a w)^2 v / W^2",
    leave_out: Collection[int] = (),
) -> Violation | None:
    """Compare variance images, plane by plane, and return the first that differs.

    Parameters
    ----------
    request : DrizzleRequest
    seen, truth : Reply
    relative : float
        Allowed error, of the largest value of a plane.
    where : ndarray, (ny, nx), bool
        Pixels that are judged.
    why : str
        What the expectation is, for the message.
    leave_out : collection of int
        Planes that are not judged.
    """
    for plane, (got, wanted) in enumerate(zip(seen.variance, truth.variance, strict=False)):
        if got is None or wanted is None or plane in leave_out:
            continue
        allowed = relative * float(np.nanmax(np.abs(wanted), initial=0.0))
        found = compare(f"variance[{plane}]", got, wanted, allowed, request, where=where, why=why)
        if found is not None:
            return found
    return None


def compare_products(
    subject: Subject,
    request: DrizzleRequest,
    actual: Reply,
    expected: Reply,
    why: str,
    *,
    factor: float = 1.0,
    sized_by: DrizzleRequest | None = None,
) -> Violation | None:
    """Compare weight and science of two products within the allowance of their kernel.

    Parameters
    ----------
    subject : Subject
    request : DrizzleRequest
        That of `actual`, for the record.
    actual, expected : Reply
        With `sci` and `wht` of one shape.
    why : str
        What the expectation rests on.
    factor : float, optional
        On the tolerance, for expectations that were themselves rounded as often.
    sized_by : DrizzleRequest, optional
        The request whose data and pixels the tolerance is reckoned from, where it is another.
    """
    if actual.wht is None or expected.wht is None or actual.sci is None or expected.sci is None:
        return None
    sized_by = sized_by or request
    contributions = pixels_in(sized_by)
    largest = float(np.max(np.abs(expected.wht), initial=0.0))
    if request.kernel in WINGED:
        # Where only wings reach the output, their own size is no measure of the arithmetic.
        largest = max(largest, largest_weight(sized_by))
        # Their allowance is a constant; each image rounds the running sums once more.
        factor *= math.sqrt(len(sized_by.images))
    allowed = factor * float(weight_allowance(request.kernel, contributions)) * largest
    found = compare("wht", actual.wht, expected.wht, allowed, request, why=why)
    if found is not None:
        return found
    floor = max(science_weight_floor(request.kernel), WEIGHT_FLOOR) * largest
    allowed = float(science_allowance(request.kernel, contributions))
    allowed *= factor * largest_data(subject, sized_by)
    judged = (np.abs(expected.wht) > floor) & (np.abs(actual.wht) > floor)
    return compare("sci", actual.sci, expected.sci, allowed, request, where=judged, why=why)


def is_clear(request: DrizzleRequest) -> bool:
    """Tell whether no drop lies where its kernel steps, so that rounding decides nothing.

    Square and turbo are continuous. The point kernel steps at the edges of output pixels; Gaussian
    and lanczos reach the pixels that meet a square around the centre, and lanczos is tabulated.
    """
    kernel = request.kernel
    if kernel in ("square", "turbo"):
        kernel = (
            "point" if any(image.pixfrac <= POINT_PIXFRAC for image in request.images) else kernel
        )
    if kernel in ("square", "turbo"):
        return True
    return all(_image_is_clear(image, kernel) for image in request.images)


def _image_is_clear(image: RawImage, kernel: str) -> bool:
    positions = np.asarray(image.pixmap, dtype=np.float64)
    positions = positions[np.isfinite(positions)]
    ratio = image.pixel_scale_ratio or 1.0
    reaches = [0.0]
    if kernel == "gaussian":
        reaches += [GAUSSIAN_REACHES[0] / ratio, GAUSSIAN_REACHES[1] * image.pixfrac / ratio]
    elif kernel.startswith("lanczos"):
        reaches.append(int(kernel[-1]) / ratio)
        steps = np.arange(-12, 13)[:, None]
        offsets = np.abs(steps - positions % 1.0) * ratio
        for step in LANCZOS_STEPS:
            if (np.abs(offsets / step % 1.0 - 0.5) < CLEAR).any():
                return False
    for reach in reaches:
        for side in (-1, 1):
            if (np.abs((positions + side * reach) % 1.0 - 0.5) < CLEAR).any():
                return False
    return True


def is_contained(request: DrizzleRequest) -> bool:
    """Tell whether all drops of square, point or turbo lie on the output as a whole."""
    from harness.cores.oracle_drops import drop_corners

    if request.shape is None:
        return False
    size = np.array([request.shape[1], request.shape[0]]) - 0.5
    for image in request.images:
        pixmap = np.asarray(image.pixmap, dtype=np.float64)
        reach = 0.0
        if request.kernel == "square":
            if min(pixmap.shape[:2]) < 2:
                return False
            places = np.moveaxis(drop_corners(pixmap, image.pixfrac), 0, -1).reshape(-1, 2)
        else:
            places = pixmap.reshape(-1, 2)
            if request.kernel == "turbo":
                reach = image.pixfrac / (image.pixel_scale_ratio or 1.0) / 2
        if not ((places - reach >= -0.5) & (places + reach <= size)).all():
            return False
    return True


def sound_geometry(request: DrizzleRequest) -> bool:
    """Tell whether no image is folded or degenerate, so that each pixel has an area of one sign."""
    from harness.discovery.features import features_of

    return not {"geometry:folded", "geometry:degenerate"} & features_of(request)
