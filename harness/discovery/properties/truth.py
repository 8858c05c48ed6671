"""Truth: agreement with the oracle, and what conservation alone demands."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from harness.cores.request import DrizzleRequest
from harness.discovery.layout import plain
from harness.discovery.oracle_performer import OraclePerformer
from harness.discovery.properties.common import (
    TOLERANCE,
    VARIANCE_FACTOR,
    WEIGHT_FLOOR,
    compare_products,
    compare_variances,
    is_clear,
    is_contained,
    pixels_in,
    replies,
    sound_geometry,
    weight_of,
)
from harness.discovery.property import Property
from harness.discovery.strategies.scope import Scope
from harness.discovery.subject import Subject
from harness.discovery.violation import Violation, compare
from harness.metrics.allowance import weight_allowance

CONSERVING = ("square", "point", "turbo")
LARGEST_SPLIT = 9
"""Input pixels that are drizzled one by one."""
EDGE = 1e-5
"""Relative change of pixfrac to either side that must not change who contributes: ten times what
float32 rounds the corners of a drop by."""


def judge_agreement(subject: Subject, request: DrizzleRequest) -> Violation | None:
    """Compare weight and science with the oracle's."""
    truth = OraclePerformer().perform(subject.in_its_convention(request))
    if truth.outcome != "returned":
        return None
    answers = replies(subject, request)
    if answers is None:
        return None
    return compare_products(subject, request, answers[0], truth, ", by exact overlap")


def judge_variance(subject: Subject, request: DrizzleRequest) -> Violation | None:
    """Compare variances with the oracle's."""
    truth = OraclePerformer().perform(request)
    answers = replies(subject, request)
    if truth.outcome != "returned" or answers is None or truth.wht is None:
        return None
    limit = float(weight_allowance(request.kernel, pixels_in(request)))
    judged = _agrees(answers[0].wht, truth.wht, limit)
    judged &= truth.wht > WEIGHT_FLOOR * truth.wht.max(initial=0.0)
    # What becomes of a plane that only some images have is not documented.
    partial = {
        plane
        for plane in range(len(truth.variance))
        if any(image.variance is None or image.variance[plane] is None for image in request.images)
    }
    return compare_variances(
        request, answers[0], truth, VARIANCE_FACTOR * limit, where=judged, leave_out=partial
    )


def judge_dq(subject: Subject, request: DrizzleRequest) -> Violation | None:
    """Compare the DQ image with the OR over the oracle's contributions."""
    truth = OraclePerformer().perform(request)
    answers = replies(subject, request)
    if truth.outcome != "returned" or answers is None or truth.wht is None:
        return None
    if truth.dq is None or answers[0].dq is None:
        return None
    # A drop that only touches a pixel may or may not be found on it.
    limit = float(weight_allowance(request.kernel, pixels_in(request)))
    certain = _is_certain(request) & _agrees(answers[0].wht, truth.wht, limit)
    return compare(
        "dq", answers[0].dq, truth.dq, 0.0, request,
        where=certain, why=", the OR of the contributing pixels",
    )  # fmt: skip


def _agrees(wht: Any, truth: Any, limit: float) -> Any:
    """Return where the weight is right, so that what follows from a wrong one is not told twice."""
    if wht is None or wht.shape != truth.shape:
        return np.zeros(truth.shape, dtype=bool)
    return np.abs(wht - truth) <= limit * truth.max(initial=0.0)


def judge_conservation(subject: Subject, request: DrizzleRequest) -> Violation | None:
    """Compare the sums of weight and of weighted data before and after."""
    answers = replies(subject, request)
    if answers is None or answers[0].wht is None or answers[0].sci is None:
        return None
    wht, sci = (plain(one, np.float64) for one in (answers[0].wht, answers[0].sci))
    put_in = sum(float(weight_of(image).sum(dtype=np.float64)) for image in request.images)
    limit = float(weight_allowance(request.kernel, pixels_in(request)))
    # Each output pixel is off by up to the allowance of the largest weight.
    allowed = limit * float(wht.max(initial=0.0)) * wht.size
    sums = {"sum of wht": (float(wht.sum()), put_in, allowed)}
    flux_in = largest = 0.0
    for image in request.images:
        values = plain(image.data, np.float64) * subject.science_factor(image)
        flux_in += float((plain(weight_of(image), np.float64) * values).sum())
        largest = max(largest, float(np.abs(values).max(initial=0.0)))
    flux_out = float((wht * np.where(wht > 0, sci, 0.0)).sum())
    sums["sum of wht * sci"] = (flux_out, flux_in, 2 * allowed * largest)
    for name, (got, wanted, tolerance) in sums.items():
        if not abs(got - wanted) <= tolerance:
            return Violation(
                kind=f"{name} {'is NaN' if np.isnan(got) else 'differs'}",
                message=f"{name} is {got:.9g} instead of {wanted:.9g}, that of the input",
                request=request,
                expected=f"{wanted!r} within {tolerance:.3g}",
                actual=repr(got),
                field=name,
                value=wanted,
                tolerance=tolerance,
            )
    return None


def judge_single_pixels(subject: Subject, request: DrizzleRequest) -> Violation | None:
    """Drizzle the pixels one by one, and add up what they gave."""
    image = request.images[0]
    weight = weight_of(image)
    if not 0 < np.count_nonzero(weight) <= LARGEST_SPLIT:
        return None
    ones = []
    for place in zip(*np.nonzero(weight), strict=True):
        alone = np.zeros_like(weight)
        alone[place] = weight[place]
        ones.append(replace(request, images=(replace(image, weight=alone),)))
    answers = replies(subject, request, *ones)
    if answers is None or answers[0].wht is None:
        return None
    total = np.zeros(answers[0].wht.shape)
    limit = float(weight_allowance(request.kernel, pixels_in(request)))
    for place, one, reply in zip(zip(*np.nonzero(weight), strict=True), ones, answers[1:],
                                 strict=True):  # fmt: skip
        if reply.wht is None:
            return None
        total += reply.wht
        given, most = float(reply.wht.sum(dtype=np.float64)), float(weight[place])
        allowed = limit * reply.wht.size * most
        if request.kernel in CONSERVING and not given <= most + allowed:
            y, x = (int(i) for i in place)
            return Violation(
                kind="sum of wht exceeds",
                message=f"input pixel ({y}, {x}) of weight {most:g} gave {given:.9g}",
                request=one,
                expected=f"at most {most!r} within {allowed:.3g}",
                actual=repr(given),
                field="sum of wht",
                value=most,
                tolerance=allowed,
            )
    allowed = 2 * limit * float(np.abs(total).max(initial=0.0))
    return compare(
        "wht", answers[0].wht, total, allowed, request,
        why=", the sum over its input pixels drizzled one by one",
    )  # fmt: skip


def _is_certain(request: DrizzleRequest) -> bool:
    """Tell whether no drop ends within rounding of an edge, by drizzling slightly larger drops."""
    counts = []
    for sign in (-1, 1):
        images = tuple(
            replace(image, pixfrac=image.pixfrac * (1 + sign * EDGE)) for image in request.images
        )
        reply = OraclePerformer().perform(replace(request, images=images))
        counts.append(reply.dq)
    if counts[0] is None or counts[1] is None:
        return False
    return bool(np.array_equal(counts[0], counts[1])) and is_clear(request)


_F_AND_H = "Fruchter & Hook 2002 (PASP 114, 144), eqs. 3 to 5"
_RESAMPLE = "drizzle.resample.Drizzle"

PROPERTIES = [
    Property(
        name="agreement",
        family="truth",
        statement="Weight and science are those of the exact overlaps of drops and pixels.",
        source=_F_AND_H,
        tolerance=TOLERANCE,
        severity="silent wrong result",
        scope=Scope(iscale=True, weight_scale=True, limits=True, tiny=True),
        judge=judge_agreement,
        applies=is_clear,
    ),
    Property(
        name="agreement-contained",
        family="truth",
        statement="The same, for images that lie on the output as a whole.",
        source=_F_AND_H,
        tolerance=TOLERANCE,
        severity="silent wrong result",
        scope=Scope(placement="contained", many=True),
        judge=judge_agreement,
        applies=is_clear,
    ),
    Property(
        name="variance",
        family="truth",
        statement="Variances are combined with squared weights: sum (a w)^2 v / W^2.",
        source=f"{_RESAMPLE}, parameters `out_img2` and `data2`: error propagation",
        tolerance="six times the allowance of a weight: squares, and a division by a square",
        severity="silent wrong result",
        scope=Scope(kernels=("square", "point", "turbo"), variance=True, iscale=True),
        judge=judge_variance,
        applies=lambda r: bool(r.images[0].variance) and is_clear(r),
        needs=frozenset({"variance"}),
    ),
    Property(
        name="dq",
        family="truth",
        statement="The DQ of an output pixel is the OR over the input pixels that contribute.",
        source=f"{_RESAMPLE}, section Output DQ Image",
        tolerance="none; requests whose drops end within 1e-5 of an edge are left out",
        severity="silent wrong result",
        scope=Scope(kernels=("square", "point", "turbo"), dq=True, zero_weights=False),
        judge=judge_dq,
        applies=lambda r: r.images[0].dq is not None,
        needs=frozenset({"dq"}),
    ),
    Property(
        name="conservation",
        family="truth",
        statement="An image on the output puts there all its weight and all its weighted flux.",
        source=f"{_F_AND_H}: the drops are disjoint parts of the output plane",
        tolerance="the allowance of a weight for each output pixel, added up",
        severity="silent wrong result",
        scope=Scope(kernels=CONSERVING, placement="contained"),
        judge=judge_conservation,
        applies=lambda r: is_contained(r) and sound_geometry(r) and is_clear(r),
    ),
    Property(
        name="single-pixels",
        family="truth",
        statement="The weight is the sum of what each input pixel gives, at most its own weight.",
        source=f"{_F_AND_H}: weights add up; the fractions of one drop add up to 1 at most",
        tolerance="twice the allowance of a weight: both sides are rounded",
        severity="silent wrong result",
        scope=Scope(images=(1, 1), tiny=True),
        judge=judge_single_pixels,
    ),
]
