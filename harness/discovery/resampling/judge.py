"""How replies are held against their truths."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.cores.request import DrizzleRequest, Reply
from harness.discovery.properties.common import (
    VARIANCE_FACTOR,
    compare_products,
    compare_variances,
    pixels_in,
)
from harness.discovery.resampling.check import Judge, Numbers
from harness.discovery.subject import Subject
from harness.discovery.violation import Violation, compare, failed
from harness.metrics.allowance import weight_allowance

AnyArray = npt.NDArray[Any]

VARIANCE_FLOOR = {"lanczos2": 0.2, "lanczos3": 0.2}
"""Fraction of the largest weight above which variances are judged: by lanczos, weights of both
signs cancel, and the variance is divided by their square."""
VARIANCE_ALLOWANCE = {"lanczos2": 2e-3, "lanczos3": 2e-3, "gaussian": 1e-5}
"""Fraction of the largest variance; for the other kernels six times the allowance of a weight."""
SMALL = 1e-5
"""Fraction of the largest weight below which science and variance are not judged: a weight that
small holds few correct digits."""
NOTHING = 1e-12
"""Weight that counts as none: cores clip drops in float64, and beside one its roundoff is left."""


def whole_product(subject: Subject, request: DrizzleRequest, reply: Reply, truth: Reply) -> str:
    """Compare everything: weight, science, fill, context, DQ, variance."""
    if truth.outcome != "returned":
        return f"the oracle refused: {truth.message}"
    found = _broken(reply, request) or _compare_images(subject, request, reply, truth)
    return found.message if found else ""


def or_refused(judge: Judge) -> Judge:
    """Return the judge that looks at a result as this one does, but lets the core refuse."""
    return lambda subject, request, reply, truth: (
        "" if reply.outcome == "raised" else judge(subject, request, reply, truth)
    )


def honoured_or_refused(
    subject: Subject, request: DrizzleRequest, reply: Reply, truth: Reply
) -> str:
    """Compare everything, but let the core refuse."""
    return "" if reply.outcome == "raised" else whole_product(subject, request, reply, truth)


def product_figures(request: DrizzleRequest, reply: Reply) -> Numbers:
    """Return sums and moments of the images of a product, from which any change can be seen."""
    if reply.wht is None or reply.sci is None:
        return (-1.0,)
    y, x = np.indices(reply.wht.shape)
    wht = reply.wht.astype(np.float64)
    sci = np.where(np.isfinite(reply.sci) & (wht != 0), reply.sci, 0.0).astype(np.float64)
    figures = [wht.sum(), (wht * x).sum(), (wht * y).sum(), (wht * sci).sum(), (wht**2).sum()]
    figures += [(wht * sci * x).sum(), (wht * sci * y).sum()]
    for bits in (reply.ctx, reply.dq):
        if bits is not None:
            # Each bit pattern counts, and where it is.
            figures.append(float((bits.astype(np.int64) % 1021 * (x + 3 * y + 1)).sum()))
    for one in reply.variance:
        if one is not None:
            kept = np.where(np.isfinite(one) & (wht != 0), one, 0.0)
            figures.append(float((wht**2 * kept * (1 + x + y)).sum()))
    return tuple(float(f"{one:.7g}") for one in figures)


def _broken(reply: Reply, request: DrizzleRequest) -> Violation | None:
    found = failed(reply, request)
    if found is not None:
        return found
    # Outputs of an earlier run are gone on with in place.
    changed = tuple(name for name in reply.modified if not name.startswith("previous."))
    for what, names in {"changed": changed, "written beside": reply.overrun}.items():
        if names:
            return _violation(request, f"{', '.join(names)} {what}")
    return None


def _violation(request: DrizzleRequest, message: str) -> Violation:
    return Violation(
        kind=message.split()[0], message=message, request=request, expected="", actual=message
    )


def _compare_images(
    subject: Subject, request: DrizzleRequest, reply: Reply, truth: Reply
) -> Violation | None:
    expected = _in_convention(subject, request, truth)
    found = compare_products(subject, request, reply, expected, ", by exact overlap")
    if found is not None:
        return found
    for compare_one in (_compare_fill, _compare_context, _compare_dq, _compare_variance):
        found = compare_one(request, reply, truth)
        if found is not None:
            return found
    return None


def _in_convention(subject: Subject, request: DrizzleRequest, truth: Reply) -> Reply:
    """Return the truth as the core would tell it: all images share one pixel scale ratio."""
    if not subject.scales_science or truth.sci is None or truth.wht is None:
        return truth
    factor = (request.images[0].pixel_scale_ratio or 1.0) ** 2
    return replace(truth, sci=np.where(truth.wht != 0, truth.sci * factor, truth.sci))


def _compare_fill(request: DrizzleRequest, reply: Reply, truth: Reply) -> Violation | None:
    assert reply.sci is not None  # noqa: S101 - `compare_products` has seen them
    assert reply.wht is not None  # noqa: S101 - as above
    assert truth.sci is not None  # noqa: S101 - the oracle returned
    assert truth.wht is not None  # noqa: S101 - the oracle returned
    empty = (reply.wht == 0) & (truth.wht == 0)
    found = compare(
        "sci", reply.sci, truth.sci, 0, request, where=empty, why=", for its weight is zero"
    )
    if found is None and request.kernel in ("square", "point", "turbo"):
        # Where the truth has no weight, not the least must be there.
        stray = (truth.wht == 0) & (np.abs(reply.wht) > 0)
        found = compare(
            "wht", reply.wht, truth.wht, NOTHING, request, where=stray, why=", for no drop is there"
        )
    return found


def _compare_context(request: DrizzleRequest, reply: Reply, truth: Reply) -> Violation | None:
    if truth.ctx is None:
        # `out_ctx` of a run without context is None.
        found = reply.ctx is not None
        return _violation(request, "a context where none was asked for") if found else None
    if reply.ctx is None:
        return _violation(request, "no context")
    got = reply.ctx if reply.ctx.ndim == 3 else reply.ctx[None]
    if got.shape[1:] != truth.ctx.shape[1:] or len(got) < len(truth.ctx):
        return _violation(request, f"ctx has shape {got.shape} instead of {truth.ctx.shape}")
    seen = got[: len(truth.ctx)]
    certain = _clear_weights(request, truth)
    found_violation = compare(
        "ctx", seen, truth.ctx, 0, request,
        where=np.broadcast_to(certain, seen.shape), why=", the bits of the images with weight",
    )  # fmt: skip
    if found_violation is None and got[len(truth.ctx) :].any():
        return _violation(request, "bits in planes beyond the images")
    return found_violation


def _compare_dq(request: DrizzleRequest, reply: Reply, truth: Reply) -> Violation | None:
    if truth.dq is None:
        return None
    if reply.dq is None:
        return _violation(request, "no DQ")
    return compare(
        "dq", reply.dq, truth.dq, 0, request,
        where=_clear_weights(request, truth), why=", the OR of the contributing pixels",
    )  # fmt: skip


def _clear_weights(request: DrizzleRequest, truth: Reply) -> AnyArray:
    """Return where bits are certain: by lanczos every weight may be zero up to rounding."""
    assert truth.wht is not None  # noqa: S101 - the oracle returned
    if request.kernel.startswith("lanczos"):
        return np.zeros(truth.wht.shape, dtype=bool)
    return np.ones(truth.wht.shape, dtype=bool)


def _compare_variance(request: DrizzleRequest, reply: Reply, truth: Reply) -> Violation | None:
    assert truth.wht is not None  # noqa: S101 - the oracle returned
    if len(reply.variance) != len(truth.variance):
        return _violation(
            request, f"{len(reply.variance)} variance images instead of {len(truth.variance)}"
        )
    largest = np.max(np.abs(truth.wht), initial=0.0)
    floor = max(VARIANCE_FLOOR.get(request.kernel, 0.0), SMALL) * largest
    limit = VARIANCE_ALLOWANCE.get(request.kernel)
    if limit is None:
        limit = VARIANCE_FACTOR * float(weight_allowance(request.kernel, pixels_in(request)))
    judged = (np.abs(truth.wht) > floor) | (truth.wht == 0)
    return compare_variances(request, reply, truth, limit, where=judged)


def counts(subject: Subject, request: DrizzleRequest, reply: Reply, truth: Reply) -> str:
    """Compare what `add_image` returns with (nskip, nmiss) of every image."""
    found = failed(reply, request)
    if found is not None:
        return found.message
    got = [tuple(int(one) for one in pair) for pair in reply.returned]
    wanted = [tuple(int(one) for one in pair) for pair in truth.returned]
    if got == wanted:
        return ""
    return f"returned {got}; the lines and pixels that gave nothing are {wanted}"


def returned_figures(request: DrizzleRequest, reply: Reply) -> Numbers:
    """Return what `add_image` returned, all images after each other."""
    return tuple(float(one) for pair in reply.returned for one in pair) or (-1.0,)


def refusal(*words: str, numbers: tuple[int, ...] = ()) -> Judge:
    """Return the judge of what must be refused, with a message that has one of the words.

    Where numbers are given, the message must have these, in this order, and no others.
    """

    def judge(subject: Subject, request: Any, reply: Reply, truth: Any) -> str:
        if reply.outcome != "raised":
            return f"{reply.outcome} instead of an exception"
        if reply.error in ("SystemError", "AssertionError"):
            return f"raised {reply.error}: {reply.message}"
        if not any(word.lower() in reply.message.lower() for word in words):
            return f"the message {reply.message!r} names none of {', '.join(words)}"
        told = tuple(int(one) for one in re.findall(r"\d+", reply.message))
        if numbers and told != numbers:
            return f"the message {reply.message!r} does not tell {numbers}"
        return ""

    return judge


def outcome_figures(request: Any, reply: Reply) -> Numbers:
    """Return how a call ended, as numbers."""
    ends = ("returned", "raised", "died", "timed_out", "out_of_memory")
    return (float(ends.index(reply.outcome)), float(len(reply.error)))
