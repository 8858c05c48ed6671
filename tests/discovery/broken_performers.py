"""Performers that are wrong in one way each, so that every property is seen to fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from harness.cores.request import BlotRequest, DrizzleRequest, Reply
from harness.discovery.layout import layout_of
from harness.discovery.oracle_performer import OraclePerformer
from harness.discovery.properties.safety import BREAKAGES


class Broken:
    """The oracle with a fault: a function of request and reply to the reply that is handed out."""

    name = "broken"

    def __init__(self, fault: Callable[[Any, Reply], Reply]) -> None:
        self._fault = fault
        self._oracle = OraclePerformer()

    def perform(self, request, *, time_limit=10.0):
        """Perform a request wrongly."""
        return self._fault(request, self._oracle.perform(request))


class Rewriting(Broken):
    """The oracle asked for something else than was meant: a function of request to request."""

    def perform(self, request, *, time_limit=10.0):
        """Perform another request."""
        return self._oracle.perform(self._fault(request))  # type: ignore[call-arg]


def drizzle_only(change):
    """Make a fault of replies to drizzle requests that came back with images."""

    def fault(request, reply):
        if isinstance(request, DrizzleRequest) and reply.wht is not None and reply.sci is not None:
            return change(request, reply)
        return reply

    return Broken(fault)


def images_changed(change):
    """Make a performer that sees every image changed."""

    def fault(request):
        if isinstance(request, BlotRequest):
            return request
        return replace(request, images=tuple(change(image) for image in request.images))

    return Rewriting(fault)


def blot_changed(change):
    """Make a fault of the results of blot."""

    def fault(request, reply):
        if isinstance(request, BlotRequest) and reply.sci is not None and reply.sci.size:
            return replace(reply, sci=change(request, reply.sci.copy()))
        return reply

    return Broken(fault)


def _first_set(array, value):
    changed = array.copy()
    changed[(0,) * array.ndim] = value
    return changed


def _dies(request, reply):
    return Reply(outcome="died", error="SIGSEGV") if np.isnan(_pixmap(request)).any() else reply


def _pixmap(request):
    if isinstance(request, BlotRequest):
        return np.asarray(request.pixmap, dtype=np.float64)
    return np.concatenate(
        [np.asarray(image.pixmap, dtype=np.float64).ravel() for image in request.images]
    )


def _refuses(request, reply):
    return Reply(outcome="raised", error="ValueError", message="odd") if _is_odd(request) else reply


def _is_odd(request):
    shape = request.data.shape if isinstance(request, BlotRequest) else request.shape
    return shape is None or shape[0] % 2 == 1


class Unsteady(Broken):
    """The oracle that gives another result every second time."""

    def __init__(self):
        super().__init__(lambda request, reply: reply)
        self.count = 0

    def perform(self, request, *, time_limit=10.0):
        """Perform a request, more or less."""
        self.count += 1
        reply = super().perform(request)
        if reply.sci is None or not reply.sci.size or self.count % 2:
            return reply
        return replace(reply, sci=_first_set(reply.sci, 17.0 + self.count))


def _forgetful_refusal(request, reply):
    # What the object holds after the failure is that of one image more.
    if isinstance(request, BlotRequest) or reply.outcome != "raised" or len(request.images) != 2:
        return reply
    good = replace(request, images=request.images[:1] * 2)
    after = OraclePerformer().perform(good)
    return replace(after, outcome="raised", error="ValueError")


def _leak(request, reply):
    return replace(reply, peak_growth=300_000)


def _last_row_lost(image):
    if image.weight is None:
        return image
    weight = image.weight.copy()
    weight[-1] = 0
    return replace(image, weight=weight)


def _add(field, amount):
    def change(request, reply):
        return replace(reply, **{field: getattr(reply, field) + np.float32(amount)})

    return drizzle_only(change)


def _ctx_without_last(request, reply):
    return reply if reply.ctx is None else replace(reply, ctx=np.zeros_like(reply.ctx))


def _nan_row(request, reply):
    """Spread a NaN of data, weight or position over the whole product."""
    bad = any(
        np.isnan(np.asarray(one, dtype=np.float64)).any()
        for image in request.images
        for one in (image.data, image.pixmap, image.weight, *(image.variance or ()))
        if one is not None
    )
    return replace(reply, sci=np.full_like(reply.sci, np.nan)) if bad else reply


def _misread(array):
    """Read the memory of an array as if it were C-contiguous and native."""
    if layout_of(array) in ("fortran", "strided", "reversed"):
        return np.ascontiguousarray(np.roll(array, 1, axis=0)) + 1
    return array.view(array.dtype.newbyteorder("=")) if array.dtype.byteorder == ">" else array


def _misread_image(image):
    return replace(image, data=_misread(image.data), pixmap=image.pixmap)


def _misread_previous(request):
    if isinstance(request, BlotRequest) or request.previous is None:
        return request
    previous = request.previous
    return replace(
        request, previous=replace(previous, sci=_misread(previous.sci), wht=_misread(previous.wht))
    )


def _modify(request, reply):
    name = "data" if isinstance(request, BlotRequest) else "images[0].data"
    return replace(reply, modified=(name,))


def _overrun(request, reply):
    name = "data" if isinstance(request, BlotRequest) else "images[0].weight"
    return replace(reply, overrun=(name,))


def _accept_dq(image):
    return image if image.dq is None else replace(image, dq=image.dq.astype(np.uint32))


def _make_sense(image):
    sensible = image
    if not 0 < image.exptime < np.inf:
        sensible = replace(sensible, exptime=1.0)
    if image.in_units not in ("cps", "counts"):
        sensible = replace(sensible, in_units="cps")
    if not 0 <= image.pixfrac < np.inf:
        sensible = replace(sensible, pixfrac=1.0)
    if image.pixel_scale_ratio is not None and not 0 < image.pixel_scale_ratio < np.inf:
        sensible = replace(sensible, pixel_scale_ratio=1.0)
    return sensible


def _default_ratio(image):
    return replace(image, pixel_scale_ratio=3.0) if image.pixel_scale_ratio is None else image


def _default_weight(image):
    if image.weight is not None:
        return image
    return replace(image, weight=np.full(image.data.shape, 2, dtype=np.float32))


def _swap_returned(request, reply):
    return replace(reply, returned=tuple(pair[::-1] for pair in reply.returned))


def _origin_biased(request, reply):
    # Worse the nearer to the first pixel, whatever lies there.
    y, x = np.indices(reply.wht.shape)
    return replace(reply, wht=(reply.wht * (1 + 0.01 * np.exp(-(x + 2 * y)))).astype(np.float32))


def _nonlinear(request, reply):
    return replace(reply, sci=np.where(reply.wht != 0, np.abs(reply.sci), reply.sci) ** 2)


def _nonlinear_weight(request, reply):
    return replace(reply, wht=(reply.wht**2).astype(np.float32))


def _last_wins(request):
    """Let the images after the first count twice."""
    if isinstance(request, BlotRequest):
        return request
    later = tuple(
        image if image.weight is None else replace(image, weight=2 * image.weight)
        for image in request.images[1:]
    )
    return replace(request, images=(*request.images[:1], *later))


def _forget_previous(request):
    return request if isinstance(request, BlotRequest) else replace(request, previous=None)


def _row_biased(image):
    if image.weight is None:
        return image
    rows = 1 + np.arange(image.weight.shape[0], dtype=np.float32)[:, None]
    return replace(image, weight=(image.weight * rows).astype(np.float32))


def _blot_squared(request, sci):
    return sci * np.abs(sci) + 1


def _blot_shift(request, sci):
    x = np.asarray(request.pixmap, dtype=np.float64)[..., 0]
    return (sci * (1 + 0.01 * np.nan_to_num(x))).astype(np.float32)


def _blot_poisoned(request, sci):
    bad = (
        np.isnan(np.asarray(request.data, dtype=np.float64)).any()
        or np.isnan(np.asarray(request.pixmap, dtype=np.float64)).any()
    )
    return np.full_like(sci, 5.0) if bad else sci


def _blot_misread(request):
    if isinstance(request, DrizzleRequest):
        return request
    return replace(request, data=_misread(request.data))


_DOUBLE_VARIANCE = drizzle_only(
    lambda request, reply: replace(
        reply, variance=tuple(None if one is None else 2 * one for one in reply.variance)
    )
)
_HALF = np.float32(0.5)

BROKEN: dict[str, Any] = {
    "no-crash": Broken(_dies),
    "accepted": Broken(_refuses),
    "no-overrun": Broken(_overrun),
    "repeatable": Unsteady(),
    "memory": Broken(_leak),
    "failed-call": Broken(_forgetful_refusal),
    "nonsense-refused": images_changed(_make_sense),
    "agreement": _add("wht", 1e-4),
    "agreement-contained": drizzle_only(
        lambda request, reply: replace(reply, sci=reply.sci * np.float32(1.0001))
    ),
    "variance": _DOUBLE_VARIANCE,
    "dq": drizzle_only(
        lambda request, reply: reply if reply.dq is None else replace(reply, dq=reply.dq >> 1)
    ),
    "conservation": images_changed(_last_row_lost),
    "single-pixels": drizzle_only(_nonlinear_weight),
    "context": drizzle_only(_ctx_without_last),
    "untouched": Broken(_modify),
    "layouts": images_changed(_misread_image),
    "resumed-layouts": Rewriting(_misread_previous),
    "dq-types": images_changed(_accept_dq),
    "estimated-ratio": images_changed(_default_ratio),
    "default-weight": images_changed(_default_weight),
    "fill": drizzle_only(
        lambda request, reply: replace(reply, sci=np.where(reply.wht == 0, 3.25, reply.sci))
    ),
    "limits": images_changed(lambda image: replace(image, limits=(None,) * 4)),
    "counts": images_changed(lambda image: replace(image, in_units="cps")),
    "nskip-nmiss": Broken(_swap_returned),
    "total-exptime": Broken(
        lambda request, reply: replace(reply, attributes={"total_exptime": 1.5})
    ),
    "scales": images_changed(lambda image: replace(image, iscale=1.0)),
    "bad-data-local": drizzle_only(_nan_row),
    "bad-weight-local": drizzle_only(_nan_row),
    "bad-position-local": drizzle_only(_nan_row),
    "zero-weight": drizzle_only(_nan_row),
    "footprint": _add("wht", 1e-3),
    "linearity": drizzle_only(_nonlinear),
    "data-scale": drizzle_only(_nonlinear),
    "weight-scale": drizzle_only(_nonlinear_weight),
    "weight-sum": drizzle_only(_nonlinear_weight),
    "permutation": Rewriting(_last_wins),
    "resume": Rewriting(_forget_previous),
    "translation": drizzle_only(_origin_biased),
    "transposition": drizzle_only(_origin_biased),
    "output-parity": drizzle_only(_origin_biased),
    "input-order": images_changed(_row_biased),
    "range": drizzle_only(lambda request, reply: replace(reply, sci=reply.sci * 2)),
    "doubled": drizzle_only(_nonlinear_weight),
    "blot-no-crash": Broken(_dies),
    "blot-accepted": Broken(_refuses),
    "blot-no-overrun": Broken(_overrun),
    "blot-repeatable": Unsteady(),
    "blot-agreement": blot_changed(lambda request, sci: sci * np.float32(1.01) + _HALF),
    "blot-integer": blot_changed(lambda request, sci: sci * np.float32(1.01) + _HALF),
    "blot-constant": blot_changed(_blot_shift),
    "blot-outside": blot_changed(lambda request, sci: sci + 1),
    "blot-linearity": blot_changed(_blot_squared),
    "blot-transposition": blot_changed(_blot_shift),
    "blot-range": blot_changed(lambda request, sci: 2 * sci - 1),
    "blot-bad-position-local": blot_changed(_blot_poisoned),
    "blot-bad-data-local": blot_changed(_blot_poisoned),
    "blot-layouts": Rewriting(_blot_misread),
    "blot-untouched": Broken(_modify),
}
"""Property to the performer that breaks it."""

__all__ = ["BREAKAGES", "BROKEN", "Broken"]
