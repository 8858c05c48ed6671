"""Algebra: drizzle is linear in data and weight, and what is split or doubled adds up.

Every judge compares a request with a variant that differs only as its statement says.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from harness.cores.request import DrizzleRequest, Previous, RawImage
from harness.discovery.layout import plain
from harness.discovery.properties.common import (
    MEAN,
    STEP_FREE,
    TOLERANCE,
    TWICE,
    WEIGHT_FLOOR,
    compare_products,
    compare_variances,
    each_image,
    largest_data,
    pixels_in,
    replies,
    weight_of,
)
from harness.discovery.property import property_maker
from harness.discovery.strategies.scope import Scope
from harness.discovery.subject import Subject
from harness.discovery.violation import Violation, compare
from harness.metrics.allowance import science_allowance, science_weight_floor

VARIANCE_ROUNDOFF = 1e-5
"""Fraction of the largest variance: what is handed on is rounded to float32, and its weight enters
squared."""


def judge_linearity(subject: Subject, request: DrizzleRequest) -> Violation | None:
    """Drizzle d1, d2 and 2 d1 - d2."""

    def second(data: Any) -> Any:
        return np.ascontiguousarray(data[::-1, ::-1])

    other = each_image(request, lambda image: replace(image, data=second(image.data)))
    mixed = each_image(
        request, lambda image: replace(image, data=2 * image.data - second(image.data))
    )
    answers = replies(subject, request, other, mixed)
    if answers is None:
        return None
    sci = [plain(reply.sci, np.float64) for reply in answers if reply.sci is not None]
    wht = answers[0].wht
    if len(sci) != 3 or wht is None:
        return None
    allowed = float(science_allowance(request.kernel, pixels_in(request)))
    allowed *= 4 * largest_data(subject, request)
    floor = max(science_weight_floor(request.kernel), WEIGHT_FLOOR)
    floor *= float(np.abs(wht).max(initial=0))
    return compare(
        "sci", sci[2], 2 * sci[0] - sci[1], allowed, mixed, where=np.abs(wht) > floor,
        why=", the same combination of the two science images",
    )  # fmt: skip


def judge_data_scale(subject: Subject, request: DrizzleRequest) -> Violation | None:
    """Drizzle 4 d, which float32 holds exactly."""
    scaled = each_image(request, lambda image: replace(image, data=4 * image.data))
    answers = replies(subject, request, scaled)
    if answers is None or answers[0].sci is None:
        return None
    expected = replace(answers[0], sci=np.where(answers[0].wht != 0, 4 * answers[0].sci,
                                                answers[0].sci))  # fmt: skip
    return compare_products(subject, scaled, answers[1], expected, ", four times that of data / 4")


def judge_weight_scale(subject: Subject, request: DrizzleRequest) -> Violation | None:
    """Drizzle with 4 w, which float32 holds exactly."""
    scaled = each_image(request, lambda image: replace(image, weight=4 * weight_of(image)))
    answers = replies(subject, request, scaled)
    if answers is None or answers[0].wht is None:
        return None
    expected = replace(answers[0], wht=4 * answers[0].wht)
    return compare_products(
        subject, scaled, answers[1], expected, ", as with a quarter of the weights"
    )


def judge_weight_sum(subject: Subject, request: DrizzleRequest) -> Violation | None:
    """Drizzle with w1, w2 and w1 + w2."""

    def second(image: RawImage) -> Any:
        return np.ascontiguousarray(weight_of(image)[::-1])

    other = each_image(request, lambda image: replace(image, weight=second(image)))
    both = each_image(
        request, lambda image: replace(image, weight=weight_of(image) + second(image))
    )
    answers = replies(subject, request, other, both)
    if answers is None or answers[0].wht is None or answers[1].wht is None:
        return None
    expected = replace(answers[2], wht=answers[0].wht + answers[1].wht)
    return compare_products(
        subject, both, answers[2], expected, ", the sum over the two parts of the weights",
        factor=2.0,
    )  # fmt: skip


def judge_resume(subject: Subject, request: DrizzleRequest) -> Violation | None:
    """Drizzle the first images, and the others onto their product."""
    # Of many, all but the last, so that all bits of a plane of the context are there.
    done = 1 if len(request.images) < 4 else len(request.images) - 1
    first = replace(request, images=request.images[:done], max_images=len(request.images))
    answers = replies(subject, request, first)
    if answers is None:
        return None
    whole, part = answers
    if part.sci is None or part.wht is None:
        return None
    rest = replace(
        request,
        images=request.images[done:],
        previous=Previous(
            sci=part.sci.copy(),
            wht=part.wht.copy(),
            ctx=None if part.ctx is None else part.ctx.copy(),
            variance=tuple(part.variance) or None,
            dq=part.dq,
            exptime=sum(image.exptime for image in request.images[:done]),
            images=done,
        ),
    )
    answer = subject.perform(rest)
    if answer.outcome == "raised":
        return Violation(
            kind=f"raised {answer.error}",
            message=f"the second half of the run was refused: {answer.message}",
            request=rest,
            expected="the run goes on",
            actual=f"{answer.error}: {answer.message}",
        )
    if answer.outcome != "returned":
        return None
    why = ", as in one run"
    found = compare_products(subject, rest, answer, whole, why, factor=2.0, sized_by=request)
    if found is None and answer.ctx is not None and whole.ctx is not None:
        found = compare("ctx", _as_planes(answer.ctx), _as_planes(whole.ctx), 0, rest, why=why)
    if found is None and answer.dq is not None and whole.dq is not None:
        found = compare("dq", answer.dq, whole.dq, 0, rest, why=why)
    if found is None and answer.wht is not None:
        covered = answer.wht > WEIGHT_FLOOR * answer.wht.max(initial=0)
        found = compare_variances(rest, answer, whole, VARIANCE_ROUNDOFF, where=covered, why=why)
    return found


def _as_planes(ctx: Any) -> Any:
    return ctx if ctx.ndim == 3 else ctx[None]


def judge_range(subject: Subject, request: DrizzleRequest) -> Violation | None:
    """Compare the science values with the least and the greatest of the data."""
    answers = replies(subject, request)
    if answers is None or answers[0].sci is None or answers[0].wht is None:
        return None
    used = [
        (image.data * subject.science_factor(image))[weight_of(image) > 0]
        for image in request.images
    ]
    values = np.concatenate(used)
    if not values.size:
        return None
    allowed = float(science_allowance(request.kernel, pixels_in(request)))
    allowed *= largest_data(subject, request)
    clipped = np.clip(answers[0].sci, values.min(), values.max())
    return compare(
        "sci", answers[0].sci, clipped, allowed, request, where=answers[0].wht > 0,
        why=", the nearest value in the range of the data",
    )  # fmt: skip


def judge_doubled(subject: Subject, request: DrizzleRequest) -> Violation | None:
    """Drizzle every image twice."""
    doubled = replace(request, images=request.images + request.images)
    answers = replies(subject, request, doubled)
    if answers is None or answers[0].wht is None:
        return None
    expected = replace(answers[0], wht=2 * answers[0].wht)
    return compare_products(
        subject, doubled, answers[1], expected, ", as with every image once", factor=2.0
    )


_property = property_maker(
    "algebra",
    source=MEAN,
    tolerance=TWICE,
    scope=Scope(tiny=True),
    severity="silent wrong result",
)

PROPERTIES = [
    _property(
        "linearity",
        "The science image is linear in the data.",
        judge_linearity,
        tolerance="four times the allowance of science: three rounded images are combined",
    ),
    _property(
        "data-scale",
        "Four times the data are four times the science, and the same weight.",
        judge_data_scale,
        tolerance=TOLERANCE,
    ),
    _property(
        "weight-scale",
        "Four times the weights are four times the weight, and the same science.",
        judge_weight_scale,
        tolerance=TOLERANCE,
    ),
    _property("weight-sum", "Weights add up: w1 + w2 give what w1 gives and w2 gives.",
              judge_weight_sum),
    _property(
        "resume",
        "A run that is split and resumed equals the whole.",
        judge_resume,
        source="drizzle.resample.Drizzle, parameters `out_img`, `out_wht`, `out_ctx`, `exptime`",
        scope=Scope(images=(2, 3), previous=False, variance=True, dq=True, many=True),
        applies=lambda request: len(request.images) > 1,
        needs=frozenset({"previous"}),
    ),
    _property(
        "range",
        "A weighted mean lies within the range of the data.",
        judge_range,
        tolerance="the allowance of science",
        scope=Scope(kernels=STEP_FREE, tiny=True),
    ),
    _property("doubled", "Every image twice is the same science with twice the weight.",
              judge_doubled),
]  # fmt: skip
