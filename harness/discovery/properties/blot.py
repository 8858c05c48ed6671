"""Blot: interpolation at given positions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from harness.cores.request import BlotRequest
from harness.discovery.blot_reference import SAMPLES, blot, inside, is_interior
from harness.discovery.layout import plain
from harness.discovery.properties import safety
from harness.discovery.properties.common import replies
from harness.discovery.property import property_maker
from harness.discovery.strategies.scope import WILD, Scope
from harness.discovery.subject import Subject
from harness.discovery.violation import Violation, compare, failed

ROUNDING = 3e-5
"""Fraction of the largest |value|: positions and polynomials are float32 in the cores. A position
of 12 pixels is rounded by 5e-7, a slope of the Lagrange weights is at most 6 a pixel."""
LANCZOS = 3e-2
"""Fraction of the largest |value|: the kernel comes from a table with steps of some 0.01 pixels."""
EDGE = 1e-4
"""Pixels from the border or from the middle between two pixels, where float32 may decide."""


def judge_agreement(subject: Subject, request: BlotRequest) -> Violation | None:
    """Compare with the textbook where all samples lie on the image."""
    answers = replies(subject, request)
    if answers is None or answers[0].sci is None:
        return None
    where = _interior(request)
    if not where.any():
        return None
    kind = LANCZOS if request.interp.startswith("lan") else ROUNDING
    return compare(
        "sci", answers[0].sci, blot(request), kind * _largest(request), request, where=where,
        why=f", by {request.interp} interpolation",
    )  # fmt: skip


def judge_integer(subject: Subject, request: BlotRequest) -> Violation | None:
    """Ask for positions on the centres of pixels."""
    ny, nx = request.data.shape
    rounded = np.round(plain(request.pixmap, np.float64))
    # Every one of them within the image, edges and corners included.
    rounded[..., 0] = np.clip(rounded[..., 0], 0, nx - 1)
    rounded[..., 1] = np.clip(rounded[..., 1], 0, ny - 1)
    asked = replace(request, pixmap=rounded)
    answers = replies(subject, asked)
    if answers is None or answers[0].sci is None:
        return None
    x, y = rounded[..., 0].astype(int), rounded[..., 1].astype(int)
    expected = plain(request.data, np.float64)[y, x] * request.iscale * request.exptime
    kind = LANCZOS if request.interp.startswith("lan") else ROUNDING
    return compare(
        "sci", answers[0].sci, expected, kind * _largest(request), asked,
        why=", the value of the pixel itself",
    )  # fmt: skip


def judge_constant(subject: Subject, request: BlotRequest) -> Violation | None:
    """Blot a constant image."""
    constant = replace(request, data=np.full(request.data.shape, 8.0, dtype=np.float32))
    answers = replies(subject, constant)
    if answers is None or answers[0].sci is None:
        return None
    where = _where(constant, lambda x, y: inside(x, y, constant.data.shape), near_edge=False)
    expected = np.full(answers[0].sci.shape, 8.0 * constant.iscale * constant.exptime)
    kind = LANCZOS if request.interp.startswith("lan") else ROUNDING
    return compare(
        "sci", answers[0].sci, expected, kind * _largest(constant), constant, where=where,
        why=", the value of the whole image",
    )  # fmt: skip


def judge_outside(subject: Subject, request: BlotRequest) -> Violation | None:
    """Look at positions beyond the image."""
    answers = replies(subject, request)
    if answers is None or answers[0].sci is None:
        return None
    ny, nx = request.data.shape
    # A pixel of margin: whether the outer half of a border pixel counts is a convention.
    where = _where(request, lambda x, y: not (-1 <= x <= nx and -1 <= y <= ny))
    expected = np.full(answers[0].sci.shape, np.float32(request.fillval))
    return compare(
        "sci", answers[0].sci, expected, 0, request, where=where,
        why=", the fill value beyond the image",
    )  # fmt: skip


def judge_linearity(subject: Subject, request: BlotRequest) -> Violation | None:
    """Blot d1, d2 and 2 d1 - d2."""
    second = np.ascontiguousarray(request.data[::-1, ::-1])
    mixed = replace(request, data=2 * request.data - second)
    answers = replies(subject, request, replace(request, data=second), mixed)
    if answers is None:
        return None
    sci = [plain(one.sci, np.float64) for one in answers if one.sci is not None]
    if len(sci) != 3:
        return None
    where = _where(request, lambda x, y: inside(x, y, request.data.shape), near_edge=False)
    return compare(
        "sci", sci[2], 2 * sci[0] - sci[1], 4 * ROUNDING * _largest(request), mixed, where=where,
        why=", the same combination of two blots",
    )  # fmt: skip


def judge_transposition(subject: Subject, request: BlotRequest) -> Violation | None:
    """Exchange x and y."""
    turned = replace(
        request,
        data=np.ascontiguousarray(request.data.T),
        pixmap=np.ascontiguousarray(request.pixmap.transpose(1, 0, 2)[..., ::-1]),
    )
    answers = replies(subject, request, turned)
    if answers is None or answers[0].sci is None or answers[1].sci is None:
        return None
    where = _where(request, lambda x, y: inside(x, y, request.data.shape), near_edge=False)
    kind = LANCZOS if request.interp.startswith("lan") else 2 * ROUNDING
    return compare(
        "sci", answers[0].sci, answers[1].sci.T, kind * _largest(request), request, where=where,
        why=", as with x and y exchanged",
    )  # fmt: skip


def judge_range(subject: Subject, request: BlotRequest) -> Violation | None:
    """Compare nearest and linear with the range of the data."""
    answers = replies(subject, request)
    if answers is None or answers[0].sci is None:
        return None
    factor = request.iscale * request.exptime
    values = plain(request.data, np.float64) * factor
    where = _where(request, lambda x, y: inside(x, y, request.data.shape), near_edge=False)
    clipped = np.clip(answers[0].sci, values.min(), values.max())
    return compare(
        "sci", answers[0].sci, clipped, ROUNDING * _largest(request), request, where=where,
        why=", the nearest value in the range of the image",
    )  # fmt: skip


def judge_bad_position(subject: Subject, request: BlotRequest) -> Violation | None:
    """Make one position NaN."""
    place = tuple(size // 2 for size in request.pixmap.shape[:2])
    pixmap = request.pixmap.copy()
    pixmap[place] = np.nan
    broken = replace(request, pixmap=pixmap)
    answers = replies(subject, request, broken)
    if answers is None or answers[0].sci is None or answers[1].sci is None:
        return None
    others = np.ones(answers[0].sci.shape, dtype=bool)
    others[place] = False
    found = compare(
        "sci", answers[1].sci, answers[0].sci, 0, broken, where=others,
        why=", as without the NaN at another position",
    )  # fmt: skip
    if found is not None:
        return found
    value = float(answers[1].sci[place])
    if np.isnan(value) or value == np.float32(request.fillval):
        return None
    return Violation(
        kind="sci at a NaN position",
        message=f"the value at a NaN position is {value!r}",
        request=broken,
        expected=f"the fill value {request.fillval!r}, or NaN",
        actual=repr(value),
        field="sci",
        index=place,
        value=request.fillval,
    )


def judge_bad_data(subject: Subject, request: BlotRequest) -> Violation | None:
    """Make one pixel NaN, and look at positions whose samples do not include it."""
    ny, nx = request.data.shape
    row, column = ny // 2, nx // 2
    data = np.array(request.data)
    data[row, column] = np.nan
    broken = replace(request, data=data)
    answers = replies(subject, request, broken)
    if answers is None or answers[0].sci is None or answers[1].sci is None:
        return None
    reach = SAMPLES[request.interp] / 2 + 1
    where = _where(request, lambda x, y: max(abs(x - column), abs(y - row)) > reach)
    return compare(
        "sci", answers[1].sci, answers[0].sci, 0, broken, where=where,
        why=f", as without the NaN more than {reach:g} pixels away",
    )  # fmt: skip


def judge_layouts(subject: Subject, request: BlotRequest) -> Violation | None:
    """Compare with the same values in ordinary arrays."""
    ordinary = replace(
        request, data=plain(request.data, np.float32), pixmap=plain(request.pixmap, np.float64)
    )
    answers = replies(subject, ordinary)
    if answers is None or answers[0].sci is None:
        return None
    seen = subject.perform(request)
    if seen.outcome != "returned" or seen.sci is None:
        return failed(seen, request, refusal=False)
    why = ", as from ordinary arrays of the same values"
    return compare("sci", seen.sci, answers[0].sci, 0, request, why=why)


def judge_untouched(subject: Subject, request: BlotRequest) -> Violation | None:
    """Look for inputs that the call changed."""
    reply = subject.perform(request)
    if not reply.modified:
        return None
    return Violation(
        kind=f"input modified: {reply.modified[0].split('.')[-1]}",
        message=f"the call changed {', '.join(reply.modified)}",
        request=request,
        expected="inputs as they were",
        actual=f"changed: {', '.join(reply.modified)}",
        field=reply.modified[0],
    )


def _largest(request: BlotRequest) -> float:
    factor = abs(request.iscale * request.exptime)
    return float(np.abs(plain(request.data, np.float64)).max(initial=0.0)) * factor


def _where(request: BlotRequest, test: Any, *, near_edge: bool = True) -> Any:
    """Return the positions that pass a test and, where asked, keep clear of borders and ties."""
    pixmap = plain(request.pixmap, np.float64)
    result = np.zeros(pixmap.shape[:2], dtype=bool)
    ny, nx = request.data.shape
    for place in np.ndindex(*result.shape):
        x, y = pixmap[place]
        clear = near_edge or (
            0 <= x <= nx - 1 and 0 <= y <= ny - 1 and min(abs(x % 1 - 0.5), abs(y % 1 - 0.5)) > EDGE
        )
        result[place] = bool(clear and test(x, y))
    return result


def _interior(request: BlotRequest) -> Any:
    return _where(
        request,
        lambda x, y: is_interior(x, y, request.data.shape, request.interp),
        near_edge=False,
    )


_PACKAGE = "drizzle.resample.blot_image, drizzlepac.ablot.do_blot"
_TAKEN = "what a caller takes for granted of any library"
TEXTBOOK = ("nearest", "linear", "poly3", "poly5", "lan3", "lan5")
_property = property_maker(
    "blot",
    source=_PACKAGE,
    tolerance="3e-5 of the largest |value|: positions are float32 in the cores",
    severity="silent wrong result",
    scope=Scope(tiny=True),
)

PROPERTIES = [
    _property("blot-no-crash", "Whatever is blotted, the process lives on and the call comes back.",
              safety.judge_crash, source=_TAKEN, tolerance="10 s for a few pixels", scope=WILD,
              severity="crash or memory"),
    _property("blot-accepted", "What is documented as valid is accepted.",
              safety.judge_accepted, tolerance="none", severity="refused validity"),
    _property("blot-no-overrun", "Nothing is written beside the arrays.", safety.judge_overrun,
              source=_TAKEN, tolerance="none", scope=WILD, severity="crash or memory"),
    _property("blot-repeatable", "The same blot gives the same result, bit by bit.",
              safety.judge_repeatable, source=_TAKEN, tolerance="none", scope=WILD,
              severity="crash or memory"),
    _property(
        "blot-agreement",
        "Values between pixels are those of the interpolation that is asked for.",
        judge_agreement,
        source=f"{_PACKAGE}; Lagrange polynomials as IRAF im2interp",
        tolerance="3e-5 of the largest |value| (float32 positions), 3e-2 for tabulated lanczos",
        scope=Scope(interpolations=TEXTBOOK, iscale=True),
    ),
    _property("blot-integer", "On the centre of a pixel the value is that of the pixel.",
              judge_integer, scope=Scope(tiny=True, iscale=True)),
    _property("blot-constant", "A constant image stays constant, up to its edges.", judge_constant,
              scope=Scope(tiny=True, interpolations=("nearest", "linear", "poly3", "poly5"))),
    _property("blot-outside", "Beyond the image there is the fill value.", judge_outside,
              tolerance="none"),
    _property("blot-linearity", "Blot is linear in the data.", judge_linearity,
              tolerance="four times 3e-5 of the largest |value|"),
    _property("blot-transposition", "The two axes are treated alike.", judge_transposition,
              tolerance="twice 3e-5 of the largest |value|; 3e-2 for tabulated lanczos"),
    _property("blot-range", "Nearest and linear stay in the range of the image.", judge_range,
              scope=Scope(tiny=True, interpolations=("nearest", "linear"))),
    _property("blot-bad-position-local", "A NaN position concerns only its own pixel.",
              judge_bad_position, source=_TAKEN, tolerance="none"),
    _property("blot-bad-data-local", "A NaN pixel spoils only what is interpolated from it.",
              judge_bad_data, source=_TAKEN, tolerance="none"),
    _property("blot-layouts", "Types and memory layouts are honoured or refused.", judge_layouts,
              source="numpy's convention: an array is its values, not its memory",
              tolerance="none", scope=Scope(tiny=True, layouts=True)),
    _property("blot-untouched", "The arrays that are handed over stay as they are.",
              judge_untouched, source=_TAKEN, tolerance="none",
              scope=Scope(tiny=True, layouts=True)),
]  # fmt: skip
