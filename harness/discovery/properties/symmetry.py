"""Symmetry: drizzle knows no preferred place, order or axis.

Every judge compares a request with a variant that differs only as its statement says.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from harness.cores.request import DrizzleRequest, RawImage
from harness.discovery.properties.common import (
    MEAN,
    STEP_FREE,
    TWICE,
    compare_products,
    each_image,
    is_clear,
    replies,
    weight_of,
)
from harness.discovery.property import property_maker
from harness.discovery.strategies.scope import Scope
from harness.discovery.subject import Subject
from harness.discovery.violation import Violation

MOVED = (3, 2)
"""Output pixels (x, y) of the translation."""


def judge_permutation(subject: Subject, request: DrizzleRequest) -> Violation | None:
    """Drizzle the images in the opposite order."""
    turned = replace(request, images=request.images[::-1])
    answers = replies(subject, request, turned)
    if answers is None:
        return None
    return compare_products(
        subject, turned, answers[1], answers[0], ", as with the images in the opposite order",
        factor=2.0,
    )  # fmt: skip


def judge_translation(subject: Subject, request: DrizzleRequest) -> Violation | None:
    """Drizzle all images a few whole pixels further on an output that is as much larger."""
    if request.shape is None:
        return None
    dx, dy = MOVED
    ny, nx = request.shape
    moved = each_image(
        replace(request, shape=(ny + dy, nx + dx)),
        lambda image: replace(image, pixmap=image.pixmap + np.array([dx, dy], dtype=np.float64)),
    )
    answers = replies(subject, request, moved)
    if answers is None or answers[1].sci is None or answers[1].wht is None:
        return None
    seen = replace(answers[1], sci=answers[1].sci[dy:, dx:], wht=answers[1].wht[dy:, dx:])
    return compare_products(
        subject, request, answers[0], seen, f", as {MOVED} pixels further on a larger output",
        factor=2.0,
    )  # fmt: skip


def judge_transposition(subject: Subject, request: DrizzleRequest) -> Violation | None:
    """Exchange x and y of input and output."""
    if request.shape is None:
        return None

    def turn(image: RawImage) -> RawImage:
        return replace(
            image,
            data=np.ascontiguousarray(image.data.T),
            weight=np.ascontiguousarray(weight_of(image).T),
            pixmap=np.ascontiguousarray(image.pixmap.transpose(1, 0, 2)[..., ::-1]),
        )

    turned = each_image(replace(request, shape=request.shape[::-1]), turn)
    answers = replies(subject, request, turned)
    if answers is None or answers[1].sci is None or answers[1].wht is None:
        return None
    seen = replace(answers[1], sci=answers[1].sci.T, wht=answers[1].wht.T)
    return compare_products(
        subject, request, answers[0], seen, ", as with x and y exchanged", factor=2.0
    )


def judge_output_parity(subject: Subject, request: DrizzleRequest) -> Violation | None:
    """Mirror the output in x."""
    if request.shape is None:
        return None
    nx = request.shape[1]

    def mirror(image: RawImage) -> RawImage:
        pixmap = image.pixmap.copy()
        pixmap[..., 0] = nx - 1 - pixmap[..., 0]
        return replace(image, pixmap=pixmap)

    mirrored = each_image(request, mirror)
    answers = replies(subject, request, mirrored)
    if answers is None or answers[1].sci is None or answers[1].wht is None:
        return None
    seen = replace(answers[1], sci=answers[1].sci[:, ::-1], wht=answers[1].wht[:, ::-1])
    return compare_products(
        subject, request, answers[0], seen, ", as on the mirrored output", factor=2.0
    )


def judge_input_order(subject: Subject, request: DrizzleRequest) -> Violation | None:
    """Read the rows of the input from the last to the first."""

    def turn(image: RawImage) -> RawImage:
        return replace(
            image,
            data=np.ascontiguousarray(image.data[::-1]),
            weight=np.ascontiguousarray(weight_of(image)[::-1]),
            pixmap=np.ascontiguousarray(image.pixmap[::-1]),
        )

    turned = each_image(request, turn)
    answers = replies(subject, request, turned)
    if answers is None:
        return None
    return compare_products(
        subject, turned, answers[1], answers[0], ", as with the rows in the opposite order",
        factor=2.0,
    )  # fmt: skip


_property = property_maker(
    "symmetry",
    source=MEAN,
    tolerance=TWICE,
    scope=Scope(kernels=STEP_FREE),
    severity="silent wrong result",
)

PROPERTIES = [
    _property(
        "permutation",
        "The order of the images does not matter.",
        judge_permutation,
        scope=Scope(images=(2, 3), tiny=True),
    ),
    _property(
        "translation",
        "Whole pixels further on the output nothing but the place changes.",
        judge_translation,
        scope=Scope(kernels=STEP_FREE, tiny=True, limits=True),
        applies=is_clear,
    ),
    _property(
        "transposition",
        "The two axes are treated alike.",
        judge_transposition,
        applies=is_clear,
    ),
    _property(
        "output-parity",
        "Left and right of the output are treated alike.",
        judge_output_parity,
        applies=is_clear,
    ),
    _property(
        "input-order",
        "The order in which the rows of an image are stored does not matter.",
        judge_input_order,
        applies=is_clear,
    ),
]
