"""Contract: what the documentation says about arguments, results and defaults."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from harness.cores.request import NO_LIMITS, DrizzleRequest, RawImage
from harness.discovery.layout import plain
from harness.discovery.oracle_performer import (
    OraclePerformer,
    estimate_ratio,
    in_limits,
)
from harness.discovery.properties.common import (
    TOLERANCE,
    compare_products,
    each_image,
    is_clear,
    replies,
    weight_of,
)
from harness.discovery.property import property_maker
from harness.discovery.strategies.scope import Scope
from harness.discovery.subject import Subject
from harness.discovery.violation import Violation, compare

FLOAT64_SUM = 1e-12
"""Relative: some exposure times added up in float64, in any order."""
NONE = "none"
RESAMPLE = "drizzle.resample.Drizzle"


def judge_context(subject: Subject, request: DrizzleRequest) -> Violation | None:
    """Compare every bit with the weight that its image gives alone."""
    if len(request.images) > 3:
        alone = [replace(request, images=(request.images[0],)),
                 replace(request, images=(request.images[-1],))]  # fmt: skip
        numbers = [0, len(request.images) - 1]
    else:
        alone = [replace(request, images=(image,)) for image in request.images]
        numbers = list(range(len(alone)))
    answers = replies(subject, request, *alone)
    if answers is None or answers[0].ctx is None or answers[0].wht is None:
        return None
    ctx = answers[0].ctx if answers[0].ctx.ndim == 3 else answers[0].ctx[None]
    for number, reply in zip(numbers, answers[1:], strict=True):
        plane, bit = divmod(number, 32)
        if reply.wht is None:
            return None
        if plane >= len(ctx):
            return Violation(
                kind="ctx planes",
                message=f"the context has {len(ctx)} planes for {len(request.images)} images",
                request=request,
                expected=f"at least {plane + 1} planes",
                actual=str(len(ctx)),
            )
        seen = (ctx[plane].astype(np.int64) >> bit) & 1
        found = compare(
            "ctx", seen, (reply.wht != 0).astype(np.int64), 0, request,
            why=f" in bit {bit} of plane {plane}, by the weight of that image alone",
        )  # fmt: skip
        if found is not None:
            # The pixel is in one plane of the image's bit: say which value it has there.
            y, x = found.index
            value = int(ctx[plane, y, x])
            wanted = value ^ (1 << bit) if bit < 31 else value ^ -(1 << 31)
            return replace(found, index=(plane, y, x), value=wanted, actual=repr(value),
                           expected=repr(wanted))  # fmt: skip
    return None


def judge_ratio(subject: Subject, request: DrizzleRequest) -> Violation | None:
    """Compare a ratio of None with the ratio that the pixmap has."""
    left = each_image(request, lambda image: replace(image, pixel_scale_ratio=None))
    given = each_image(
        request,
        lambda image: replace(image, pixel_scale_ratio=estimate_ratio(plain(image.pixmap, float))),
    )
    answers = replies(subject, left, given)
    if answers is None:
        return None
    ratio = given.images[0].pixel_scale_ratio
    return compare_products(
        subject, left, answers[0], answers[1],
        f", as with pixel_scale_ratio {ratio:.9g}, that of the pixmap", factor=1e3,
    )  # fmt: skip


def _is_uniform(request: DrizzleRequest) -> bool:
    from harness.discovery.features import features_of

    bent = {"geometry:curved", "geometry:folded", "geometry:degenerate", "geometry:anisotropic",
            "geometry:sheared"}  # fmt: skip
    return not bent & features_of(request) and is_clear(request)


def judge_no_weight(subject: Subject, request: DrizzleRequest) -> Violation | None:
    """Compare no weight map with one of ones."""
    left = each_image(request, lambda image: replace(image, weight=None))
    given = each_image(request, lambda image: replace(image, weight=weight_of(
        replace(image, weight=None))))  # fmt: skip
    answers = replies(subject, left, given)
    if answers is None:
        return None
    return compare_products(subject, left, answers[0], answers[1], ", as with weights of 1")


def judge_fill(subject: Subject, request: DrizzleRequest) -> Violation | None:
    """Look at the science image where there is no weight."""
    answers = replies(subject, request)
    if answers is None or answers[0].sci is None or answers[0].wht is None:
        return None
    fill = request.fillval
    nothing = fill is None or (isinstance(fill, str) and fill.strip().upper() in ("", "INDEF"))
    with np.errstate(over="ignore"):
        value = np.float32(np.nan) if nothing else np.float32(fill)
    expected = np.full(answers[0].sci.shape, value)
    return compare(
        "sci", answers[0].sci, expected, 0, request, where=answers[0].wht == 0,
        why=f", the fill value {fill!r}, for its weight is zero",
    )  # fmt: skip


def judge_limits(subject: Subject, request: DrizzleRequest) -> Violation | None:
    """Compare limits with weights of zero outside of them."""

    def masked(image: RawImage) -> RawImage:
        weight = np.where(in_limits(image), weight_of(image), 0).astype(np.float32)
        return replace(image, weight=weight, limits=NO_LIMITS)

    answers = replies(subject, request, each_image(request, masked))
    if answers is None:
        return None
    return compare_products(
        subject, request, answers[0], answers[1], ", as with weight zero outside of the limits",
        factor=2.0,
    )  # fmt: skip


def judge_counts(subject: Subject, request: DrizzleRequest) -> Violation | None:
    """Compare counts with the same count rates."""
    counts = each_image(
        request,
        lambda image: replace(
            image,
            data=(image.data * np.float32(8)).astype(np.float32),
            exptime=8.0,
            in_units="counts",
        ),
    )
    rates = each_image(request, lambda image: replace(image, exptime=8.0, in_units="cps"))
    answers = replies(subject, rates, counts)
    if answers is None:
        return None
    return compare_products(
        subject, counts, answers[1], answers[0], ", as with the count rates themselves"
    )


def judge_counts_returned(subject: Subject, request: DrizzleRequest) -> Violation | None:
    """Compare (nskip, nmiss) with the pixels that gave no weight when drizzled alone."""
    answers = replies(subject, request)
    truth = OraclePerformer().perform(request)
    if answers is None or truth.outcome != "returned" or not answers[0].returned:
        return None
    for number, (got, wanted) in enumerate(zip(answers[0].returned, truth.returned, strict=True)):
        nskip, nmiss = wanted
        image = request.images[number]
        # Whether the pixels of skipped lines count as missed is not documented.
        skipped = nskip * image.data.shape[1]
        if got in {(nskip, nmiss), (nskip, nmiss - skipped)}:
            continue
        swapped = tuple(got) in {(nmiss, nskip), (nmiss - skipped, nskip)}
        return Violation(
            kind="returned swapped" if swapped else "returned differs",
            message=(
                f"add_image returned {tuple(int(one) for one in got)}; documented is "
                f"(nskip, nmiss) = ({nskip:.0f}, {nmiss:.0f})"
            ),
            request=request,
            expected=f"({nskip:.0f}, {nmiss:.0f})",
            actual=str(tuple(got)),
            field="returned",
            index=(number,),
        )
    return None


def judge_total_time(subject: Subject, request: DrizzleRequest) -> Violation | None:
    """Compare the total exposure time with the sum."""
    answers = replies(subject, request)
    if answers is None or "total_exptime" not in answers[0].attributes:
        return None
    got = float(answers[0].attributes["total_exptime"])
    wanted = sum(image.exptime for image in request.images)
    if abs(got - wanted) <= FLOAT64_SUM * wanted:
        return None
    return Violation(
        kind="total_exptime differs",
        message=f"total_exptime is {got} after {wanted} s",
        request=request,
        expected=repr(wanted),
        actual=repr(got),
        field="total_exptime",
        value=wanted,
    )


def judge_iscale(subject: Subject, request: DrizzleRequest) -> Violation | None:
    """Compare iscale and wht_scale with the same factors on the arrays."""
    scaled = each_image(request, lambda image: replace(image, iscale=4.0, weight_scale=0.5))
    written = each_image(
        request,
        lambda image: replace(
            image,
            data=4 * image.data,
            weight=weight_of(image) / np.float32(2),
            iscale=1.0,
            weight_scale=1.0,
        ),
    )
    answers = replies(subject, scaled, written)
    if answers is None:
        return None
    return compare_products(
        subject, scaled, answers[0], answers[1], ", as with scaled data and weights"
    )


_property = property_maker(
    "contract",
    source=RESAMPLE,
    tolerance=NONE,
    scope=Scope(tiny=True),
    severity="silent wrong result",
)

PROPERTIES = [
    _property(
        "context",
        "The bit of an image is set where, and only where, it gives weight.",
        judge_context,
        source=f"{RESAMPLE}, section Output Context Image",
        scope=Scope(tiny=True, many=True),
    ),
    _property(
        "estimated-ratio",
        "Without a pixel scale ratio the one of the pixmap is taken.",
        judge_ratio,
        source=f"{RESAMPLE}.add_image, parameter `pixel_scale_ratio`",
        tolerance="a thousand times the allowance: the estimate may rest on a few pixels only",
        scope=Scope(kernels=("turbo", "gaussian"), images=(1, 1)),
        applies=_is_uniform,
        needs=frozenset({"defaults"}),
    ),
    _property(
        "default-weight",
        "Without a weight map all weights are 1.",
        judge_no_weight,
        source=f"{RESAMPLE}.add_image, parameter `weight_map`",
        tolerance=TOLERANCE,
        needs=frozenset({"defaults"}),
    ),
    _property(
        "fill",
        "Pixels without weight have the fill value; NaN where there is none.",
        judge_fill,
        source=f"{RESAMPLE}, parameter `fillval`; AstroDrizzle, `final_fillval`",
        scope=Scope(tiny=True, defaults=True),
    ),
    _property(
        "limits",
        "Only pixels within the limits give weight.",
        judge_limits,
        source=f"{RESAMPLE}.add_image, parameters `xmin` to `ymax`",
        tolerance=f"twice: {TOLERANCE}",
        scope=Scope(limits=True, images=(1, 2), tiny=True),
        needs=frozenset({"limits"}),
    ),
    _property(
        "counts",
        "Counts are divided by the exposure time.",
        judge_counts,
        source=f"{RESAMPLE}.add_image, parameters `exptime` and `in_units`",
        tolerance=TOLERANCE,
    ),
    _property(
        "nskip-nmiss",
        "add_image returns (nskip, nmiss): lines and pixels that gave nothing.",
        judge_counts_returned,
        source=f"{RESAMPLE}.add_image, Returns",
        severity="documentation",
        scope=Scope(zero_weights=False, limits=True, images=(1, 2)),
        applies=is_clear,
        needs=frozenset({"iscale"}),
    ),
    _property(
        "total-exptime",
        "The total exposure time is the sum over the images.",
        judge_total_time,
        source=f"{RESAMPLE}, property `total_exptime`",
    ),
    _property(
        "scales",
        "iscale multiplies the data, wht_scale the weights.",
        judge_iscale,
        source=f"{RESAMPLE}.add_image, parameters `iscale` and `wht_scale`",
        tolerance=TOLERANCE,
        needs=frozenset({"iscale", "weight_scale"}),
    ),
]
